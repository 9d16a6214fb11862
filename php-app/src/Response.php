<?php
declare(strict_types=1);

namespace App;

/** One HTTP response, complete before its first byte is sent (the timing headers come last). */
final class Response
{
    /** @param array<string, string> $headers */
    public function __construct(public readonly string $body, public readonly int $status = 200, public array $headers = [])
    {
    }

    public static function html(string $body, int $status = 200): self
    {
        return new self($body, $status, [
            'Content-Type' => 'text/html; charset=utf-8',
            'Cache-Control' => 'private, no-cache',
            // No script at all, nothing from elsewhere, no framing.
            'Content-Security-Policy' => "default-src 'none'; img-src 'self'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
            'X-Frame-Options' => 'DENY',
            'Referrer-Policy' => 'same-origin',
        ]);
    }

    /** @param array<string, mixed> $data */
    public static function json(array $data, int $status = 200): self
    {
        $body = json_encode($data, JSON_THROW_ON_ERROR | JSON_UNESCAPED_SLASHES);
        return new self($body . "\n", $status, ['Content-Type' => 'application/json', 'Cache-Control' => 'no-store']);
    }

    /** After a POST: "look there", so that a reload does not send the form again. */
    public static function seeOther(string $path): self
    {
        return new self('', 303, ['Location' => $path, 'Cache-Control' => 'no-store']);
    }

    public function send(): void
    {
        http_response_code($this->status);
        foreach ($this->headers as $name => $value) {
            header("{$name}: {$value}");
        }
        header('Content-Length: ' . strlen($this->body));
        echo $this->body;
    }
}
