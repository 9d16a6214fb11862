<?php
declare(strict_types=1);

namespace App;

/** An object store that speaks S3 (here MinIO): every replica sees the same pictures, and Apache need not serve them. */
final class S3Store implements Store
{
    private const int ROUNDED_S = 900;
    private const int VALID_S = 3600;

    private ?S3Signer $signer = null;

    public function __construct(private readonly Config $config, private readonly string $host, private readonly Timing $timing)
    {
    }

    public function put(string $key, string $bytes): void
    {
        $this->request('PUT', $key, [CURLOPT_CUSTOMREQUEST => 'PUT', CURLOPT_POSTFIELDS => $bytes, CURLOPT_HTTPHEADER => ['Content-Type: image/jpeg', 'Cache-Control: private, max-age=3600', 'Expect:']]);
    }

    public function url(string $key): string
    {
        $this->signer ??= new S3Signer($this->config->secret('s3_access_key'), $this->config->secret('s3_secret_key'));
        // The signing time is rounded down to a quarter of an hour: the address stays the same for a while, so that the
        // browser's cache works, and is valid for 45 to 60 minutes.
        $time = intdiv(time(), self::ROUNDED_S) * self::ROUNDED_S;
        return $this->signer->presign('GET', $this->host, "/{$this->config->s3Bucket}/{$key}", $time, self::VALID_S);
    }

    public function check(): void
    {
        $this->request('HEAD', 'seed/0001.jpg', [CURLOPT_NOBODY => true]);
    }

    /** @param array<int, mixed> $options */
    private function request(string $method, string $key, array $options): void
    {
        $this->timing->measure('store', function () use ($method, $key, $options): void {
            $curl = curl_init("{$this->config->s3Endpoint}/{$this->config->s3Bucket}/{$key}");
            if ($curl === false) {
                throw new \RuntimeException('curl does not start');
            }
            curl_setopt_array($curl, $options + [
                CURLOPT_RETURNTRANSFER => true,
                CURLOPT_CONNECTTIMEOUT_MS => 1000,
                CURLOPT_TIMEOUT => 10,
                CURLOPT_PROTOCOLS_STR => 'http,https',
                // Requests of our own are signed by curl (in their headers, body included).
                CURLOPT_AWS_SIGV4 => 'aws:amz:us-east-1:s3',
                CURLOPT_USERPWD => $this->config->secret('s3_access_key') . ':' . $this->config->secret('s3_secret_key'),
            ]);
            curl_exec($curl);
            $status = curl_getinfo($curl, CURLINFO_RESPONSE_CODE);
            if ($status !== 200) {
                throw new \RuntimeException("store: {$method} {$key} answered {$status} " . curl_error($curl));
            }
        });
    }
}
