import java.net.Socket;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.SSLSocketFactory;

/** Client HOST:PORT... -> one line each: "ok" or "refused REASON". The trust store comes by system property. */
public class Client {
  public static void main(String[] targets) throws Exception {
    SSLSocketFactory factory = (SSLSocketFactory) SSLSocketFactory.getDefault();
    for (String target : targets) {
      int at = target.lastIndexOf(':');
      String host = target.substring(0, at);
      int port = Integer.parseInt(target.substring(at + 1));
      try (Socket raw = new Socket("127.0.0.1", port);
          SSLSocket socket = (SSLSocket) factory.createSocket(raw, host, port, true)) {
        socket.setSoTimeout(10_000);
        SSLParameters parameters = socket.getSSLParameters();
        parameters.setEndpointIdentificationAlgorithm("HTTPS");
        socket.setSSLParameters(parameters);
        socket.startHandshake();
        System.out.println("ok");
      } catch (SSLException error) {
        System.out.println("refused " + error.getMessage().replace('\n', ' '));
      }
    }
  }
}
