package main

import (
	"context"
	"fmt"

	"github.com/minio/madmin-go/v3"
)

const policyName = "lab-app"

func policy(bucket string) []byte {
	return fmt.Appendf(nil, `{"Version": "2012-10-17", "Statement": [{
		"Effect": "Allow",
		"Action": ["s3:GetObject", "s3:PutObject", "s3:DeleteObject"],
		"Resource": ["arn:aws:s3:::%s/*"]
	}]}`, bucket)
}

func grant(ctx context.Context, s secrets, bucket string) error {
	admin, err := madmin.New(endpoint, s.rootUser, s.rootPassword, false)
	if err != nil {
		return err
	}
	if err := admin.AddCannedPolicy(ctx, policyName, policy(bucket)); err != nil {
		return fmt.Errorf("policy: %w", err)
	}
	if err := admin.AddUser(ctx, s.appAccessKey, s.appSecretKey); err != nil {
		return fmt.Errorf("user: %w", err)
	}
	if err := admin.SetPolicy(ctx, policyName, s.appAccessKey, false); err != nil {
		return fmt.Errorf("grant: %w", err)
	}
	return nil
}
