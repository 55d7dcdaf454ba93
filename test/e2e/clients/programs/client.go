// One JSON answer and one stream; CLIENT_FOLDER holds url-N and body-N. Prints each body in base64.
package main

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
)

func main() {
	folder := os.Getenv("CLIENT_FOLDER")
	for index := 0; ; index++ {
		url, err := os.ReadFile(filepath.Join(folder, fmt.Sprintf("url-%d", index)))
		if err != nil {
			return
		}
		body, err := os.ReadFile(filepath.Join(folder, fmt.Sprintf("body-%d", index)))
		if err != nil {
			panic(err)
		}
		answer, err := http.Post(string(url), "application/json", bytes.NewReader(body))
		if err != nil {
			panic(err)
		}
		content, err := io.ReadAll(answer.Body)
		if err != nil {
			panic(err)
		}
		fmt.Println(answer.StatusCode, base64.StdEncoding.EncodeToString(content))
	}
}
