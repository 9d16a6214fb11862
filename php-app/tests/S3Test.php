<?php
declare(strict_types=1);

namespace App\Tests;

use App\S3Signer;

/** Verify a presigned address the way a server does: from its parts, with code that shares nothing with S3Signer. */
$verify = static function (string $address, string $host, string $secret): bool {
    [$path, $query] = explode('?', $address, 2);
    $pairs = explode('&', $query);
    $signature = substr((string) array_pop($pairs), strlen('X-Amz-Signature='));
    sort($pairs);
    parse_str($query, $values);
    [, $date, $region, $service] = explode('/', $values['X-Amz-Credential']);
    $request = implode("\n", ['GET', $path, implode('&', $pairs), "host:{$host}", '', 'host', 'UNSIGNED-PAYLOAD']);
    $text = implode("\n", ['AWS4-HMAC-SHA256', $values['X-Amz-Date'], "{$date}/{$region}/{$service}/aws4_request", hash('sha256', $request)]);
    $key = "AWS4{$secret}";
    foreach ([$date, $region, $service, 'aws4_request'] as $part) {
        $key = hash_hmac('sha256', $part, $key, true);
    }
    return hash_equals(hash_hmac('sha256', $text, $key), $signature);
};

return [
    'the worked example of the S3 API reference' => static function (): void {
        $signer = new S3Signer('AKIAIOSFODNN7EXAMPLE', 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY');
        same(
            '/test.txt?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request'
            . '&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host'
            . '&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404',
            $signer->presign('GET', 'examplebucket.s3.amazonaws.com', '/test.txt', 1369353600, 86400),
        );
    },
    'hosts with a port, and names that need encoding, verify' => static function () use ($verify): void {
        $signer = new S3Signer('key', 'secret');
        foreach (['/media/seed/0001.jpg', '/media/a b+c/ü&=?.jpg'] as $path) {
            $address = $signer->presign('GET', '127.0.0.1:8080', $path, 1_800_000_000, 3600);
            same(true, $verify($address, '127.0.0.1:8080', 'secret'), $path);
            same(false, $verify($address, '127.0.0.1:8081', 'secret'), 'another host');
            same(false, $verify(str_replace('3600', '9999', $address), '127.0.0.1:8080', 'secret'), 'a longer life');
        }
        same(true, str_starts_with($signer->presign('GET', 'h', '/m/a b+c/ü.jpg', 0, 1), '/m/a%20b%2Bc/%C3%BC.jpg?'));
    },
    'one signer signs for several days' => static function (): void {
        $day = static fn (S3Signer $signer): string => $signer->presign('GET', 'h', '/k', 1_800_086_400, 60);
        $used = new S3Signer('key', 'secret');
        $used->presign('GET', 'h', '/k', 1_800_000_000, 60);
        same($day(new S3Signer('key', 'secret')), $day($used));
    },
];
