<?php
declare(strict_types=1);

namespace App;

/** Proof that a form was ours: a secret of the session that another site cannot read. */
final class Csrf
{
    public static function newToken(): string
    {
        return bin2hex(random_bytes(16));
    }

    /** The session's token; a guest who is shown a form gets a session now. */
    public static function token(Session $session): string
    {
        $token = $session->get('csrf');
        if (!is_string($token)) {
            $token = self::newToken();
            $session->set('csrf', $token);
        }
        return $token;
    }

    public static function valid(mixed $expected, string $sent): bool
    {
        return is_string($expected) && $expected !== '' && hash_equals($expected, $sent);
    }
}
