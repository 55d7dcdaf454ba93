export function CostView() {
  return null;
}
