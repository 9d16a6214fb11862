// Command store-admin does what only MinIO's administrator may do, on this container's loopback. It reads every secret
// from a file, and each of its commands may run any number of times.
//
//	store-admin grant    gives the application its own key, for the objects of one bucket and nothing else
//	store-admin restore  puts the bucket back to the seed pictures; exit code 3 when one of them is lost or changed
//
// Environment: STORE_CREDENTIALS (/run/credentials/store), the folder of the secrets; STORE_BUCKET (media).
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"
)

const (
	endpoint = "127.0.0.1:9000"
	limit    = 10 * time.Second
	region   = "us-east-1"
)

var commands = map[string]func(context.Context, secrets, string) error{"grant": grant, "restore": restore}

type secrets struct{ rootUser, rootPassword, appAccessKey, appSecretKey string }

func read(folder string) (found secrets, err error) {
	for name, value := range map[string]*string{
		"root_user": &found.rootUser, "root_password": &found.rootPassword,
		"app_access_key": &found.appAccessKey, "app_secret_key": &found.appSecretKey,
	} {
		text, err := os.ReadFile(filepath.Join(folder, name))
		if err != nil {
			return found, err
		}
		*value = strings.TrimSpace(string(text))
	}
	return found, nil
}

func setting(name, otherwise string) string {
	if value := os.Getenv(name); value != "" {
		return value
	}
	return otherwise
}

func run(command func(context.Context, secrets, string) error) error {
	found, err := read(setting("STORE_CREDENTIALS", "/run/credentials/store"))
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	return command(ctx, found, setting("STORE_BUCKET", "media"))
}

func main() {
	if len(os.Args) != 2 || commands[os.Args[1]] == nil {
		fmt.Fprintln(os.Stderr, "usage: store-admin grant|restore")
		os.Exit(2)
	}
	err := run(commands[os.Args[1]])
	if err == nil {
		return
	}
	fmt.Fprintf(os.Stderr, "store-admin %s: %v\n", os.Args[1], err)
	if errors.Is(err, errSeed) {
		os.Exit(3)
	}
	os.Exit(1)
}
