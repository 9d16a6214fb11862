// Command store-grant gives the application its own key: it may read, write and delete objects of one bucket, and
// nothing else. It talks to MinIO on this container's loopback as the administrator, reads every secret from a file,
// and may run any number of times.
//
// Usage: store-grant CREDENTIALS_DIR BUCKET
package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/minio/madmin-go/v3"
)

const (
	endpoint   = "127.0.0.1:9000"
	policyName = "lab-app"
	limit      = 10 * time.Second
)

func policy(bucket string) []byte {
	return fmt.Appendf(nil, `{"Version": "2012-10-17", "Statement": [{
		"Effect": "Allow",
		"Action": ["s3:GetObject", "s3:PutObject", "s3:DeleteObject"],
		"Resource": ["arn:aws:s3:::%s/*"]
	}]}`, bucket)
}

func secret(folder, name string) (string, error) {
	text, err := os.ReadFile(filepath.Join(folder, name))
	if err != nil {
		return "", err
	}
	return strings.TrimSpace(string(text)), nil
}

func run(folder, bucket string) error {
	values := map[string]string{}
	for _, name := range []string{"root_user", "root_password", "app_access_key", "app_secret_key"} {
		value, err := secret(folder, name)
		if err != nil {
			return err
		}
		values[name] = value
	}
	admin, err := madmin.New(endpoint, values["root_user"], values["root_password"], false)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	if err := admin.AddCannedPolicy(ctx, policyName, policy(bucket)); err != nil {
		return fmt.Errorf("policy: %w", err)
	}
	if err := admin.AddUser(ctx, values["app_access_key"], values["app_secret_key"]); err != nil {
		return fmt.Errorf("user: %w", err)
	}
	if err := admin.SetPolicy(ctx, policyName, values["app_access_key"], false); err != nil {
		return fmt.Errorf("grant: %w", err)
	}
	return nil
}

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: store-grant CREDENTIALS_DIR BUCKET")
		os.Exit(2)
	}
	if err := run(os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, "store-grant:", err)
		os.Exit(1)
	}
}
