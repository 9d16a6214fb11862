<?php
declare(strict_types=1);

namespace App;

/**
 * Presigned addresses: a GET for one object that anybody who has the address may use for a while.
 *
 * AWS Signature Version 4 in its query form. The signature covers the method, path, query and Host header, so the host
 * must be the one that the BROWSER uses; what passes it on must not change it.
 * Source: "Authenticating Requests: Using Query Parameters (AWS Signature Version 4)", Amazon S3 API reference, whose
 * worked example is in the tests.
 */
final class S3Signer
{
    /** @var array<string, string> signing keys by day: four hashes saved per picture */
    private array $keys = [];

    public function __construct(private readonly string $accessKey, private readonly string $secretKey, private readonly string $region = 'us-east-1')
    {
    }

    /** The path and query of a presigned request. $path: starts with a slash, not yet encoded. $time: unix seconds. */
    public function presign(string $method, string $host, string $path, int $time, int $validS): string
    {
        $date = gmdate('Ymd', $time);
        $stamp = gmdate('Ymd\THis\Z', $time);
        $scope = "{$date}/{$this->region}/s3/aws4_request";
        $encodedPath = implode('/', array_map(rawurlencode(...), explode('/', $path)));
        // In alphabetical order, as the signature wants them.
        $query = http_build_query([
            'X-Amz-Algorithm' => 'AWS4-HMAC-SHA256',
            'X-Amz-Credential' => "{$this->accessKey}/{$scope}",
            'X-Amz-Date' => $stamp,
            'X-Amz-Expires' => $validS,
            'X-Amz-SignedHeaders' => 'host',
        ], '', '&', PHP_QUERY_RFC3986);
        $canonical = "{$method}\n{$encodedPath}\n{$query}\nhost:{$host}\n\nhost\nUNSIGNED-PAYLOAD";
        $toSign = "AWS4-HMAC-SHA256\n{$stamp}\n{$scope}\n" . hash('sha256', $canonical);
        return "{$encodedPath}?{$query}&X-Amz-Signature=" . hash_hmac('sha256', $toSign, $this->key($date));
    }

    private function key(string $date): string
    {
        return $this->keys[$date] ??= array_reduce(
            [$date, $this->region, 's3', 'aws4_request'],
            static fn (string $key, string $part): string => hash_hmac('sha256', $part, $key, true),
            'AWS4' . $this->secretKey,
        );
    }
}
