import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;

/** One JSON answer and one stream; CLIENT_FOLDER holds url-N and body-N. Prints each body in base64. */
public class Client {
  public static void main(String[] args) throws Exception {
    HttpClient client = HttpClient.newHttpClient();
    Path folder = Path.of(System.getenv("CLIENT_FOLDER"));
    for (int index = 0; Files.exists(folder.resolve("url-" + index)); index++) {
      HttpRequest request = HttpRequest.newBuilder(URI.create(Files.readString(folder.resolve("url-" + index))))
          .header("content-type", "application/json")
          .POST(HttpRequest.BodyPublishers.ofFile(folder.resolve("body-" + index)))
          .build();
      HttpResponse<byte[]> answer = client.send(request, HttpResponse.BodyHandlers.ofByteArray());
      System.out.println(answer.statusCode() + " " + Base64.getEncoder().encodeToString(answer.body()));
    }
  }
}
