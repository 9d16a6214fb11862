<?php
declare(strict_types=1);

namespace App;

/** One HTTP request as plain values; nothing else reads the superglobals. */
final readonly class Request
{
    /**
     * @param array<string, mixed> $query
     * @param array<string, mixed> $form
     * @param array<string, mixed> $files
     * @param array<string, mixed> $cookies
     */
    public function __construct(
        public string $method = 'GET',
        public string $path = '/',
        public array $query = [],
        public array $form = [],
        public array $files = [],
        public array $cookies = [],
        public string $address = '127.0.0.1',
        public string $host = 'localhost',
    ) {
    }

    public static function fromGlobals(): self
    {
        $path = explode('?', (string) ($_SERVER['REQUEST_URI'] ?? '/'), 2)[0];
        return new self(
            method: (string) ($_SERVER['REQUEST_METHOD'] ?? 'GET'),
            path: rawurldecode($path),
            query: $_GET,
            form: $_POST,
            files: $_FILES,
            cookies: $_COOKIE,
            address: (string) ($_SERVER['REMOTE_ADDR'] ?? ''),
            host: (string) ($_SERVER['HTTP_HOST'] ?? ''),
        );
    }

    /** A text parameter of the address; anything else (an array, broken UTF-8) counts as absent. */
    public function queryText(string $name): string
    {
        return self::text($this->query[$name] ?? '');
    }

    public function formText(string $name): string
    {
        return self::text($this->form[$name] ?? '');
    }

    public function cookie(string $name): string
    {
        return self::text($this->cookies[$name] ?? '');
    }

    public function page(int $max): int
    {
        return max(1, min($max, (int) $this->queryText('page')));
    }

    private static function text(mixed $value): string
    {
        return is_string($value) && mb_check_encoding($value, 'UTF-8') ? trim($value) : '';
    }
}
