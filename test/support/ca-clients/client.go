// client CA_FILE HOST:PORT... -> one line each: "ok" or "refused REASON".
package main

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"os"
	"strings"
	"time"
)

func main() {
	pem, err := os.ReadFile(os.Args[1])
	if err != nil {
		panic(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(pem)
	for _, target := range os.Args[2:] {
		at := strings.LastIndex(target, ":")
		dialer := &net.Dialer{Timeout: 10 * time.Second}
		config := &tls.Config{RootCAs: roots, ServerName: target[:at]}
		connection, err := tls.DialWithDialer(dialer, "tcp", "127.0.0.1"+target[at:], config)
		if err != nil {
			fmt.Println("refused", strings.ReplaceAll(err.Error(), "\n", " "))
			continue
		}
		fmt.Println("ok")
		connection.Close()
	}
}
