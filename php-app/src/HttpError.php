<?php
declare(strict_types=1);

namespace App;

/** Ends a request with an error page; the message is for the visitor, never a trace. */
final class HttpError extends \RuntimeException
{
    /** @param array<string, string> $headers */
    public function __construct(public readonly int $status, string $message, public readonly array $headers = [])
    {
        parent::__construct($message);
    }
}
