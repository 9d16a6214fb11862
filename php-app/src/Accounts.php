<?php
declare(strict_types=1);

namespace App;

/** Sign-up and login. */
final readonly class Accounts
{
    private const int BCRYPT_COST = 10;
    /** Checked when the name does not exist, so that a wrong name takes as long as a wrong password. */
    private const string NOBODY = '$2y$10$kuhWPiL4EGOWeE5zx1ePkucSfaBIxqv3DvfrRE2ZToRgJX7hHukcG';
    private const int DUPLICATE = 1062;

    public function __construct(private Database $database, private Cache $cache, private Throttle $throttle)
    {
    }

    /** @return array{id: int, name: string} */
    public function logIn(string $name, string $password, string $address): array
    {
        if ($this->throttle->blocked($name, $address)) {
            throw new HttpError(429, 'Too many failed logins for this account. Try again in five minutes.', ['Retry-After' => (string) Throttle::WINDOW_S]);
        }
        // From the primary: an account made a moment ago must be able to log in.
        $user = $this->database->primary()->row('SELECT id, name, password_hash FROM users WHERE name = ?', [$name]);
        $right = password_verify($password, $user['password_hash'] ?? self::NOBODY);
        if ($user === null || !$right) {
            $this->throttle->failed($name, $address);
            throw new InvalidInput('Name or password is wrong.');
        }
        return ['id' => $user['id'], 'name' => $user['name']];
    }

    /** @return array{id: int, name: string} */
    public function signUp(string $name, string $email, string $password): array
    {
        if (preg_match('/^[a-z][a-z0-9_]{2,29}$/D', $name) !== 1) {
            throw new InvalidInput('A name has 3 to 30 small letters, digits or underscores and begins with a letter.');
        }
        if (strlen($email) > 255 || filter_var($email, FILTER_VALIDATE_EMAIL) === false) {
            throw new InvalidInput('That is not an e-mail address.');
        }
        // bcrypt looks at 72 bytes; silently ignoring the rest would be a trap.
        if (mb_strlen($password) < 10 || strlen($password) > 72) {
            throw new InvalidInput('A password has at least 10 characters (and at most 72 bytes).');
        }
        $hash = password_hash($password, PASSWORD_BCRYPT, ['cost' => self::BCRYPT_COST]);
        try {
            $id = $this->database->write(static function (Connection $db) use ($name, $email, $hash): int {
                $db->write('INSERT INTO users (name, email, password_hash, created_at) VALUES (?, ?, ?, UTC_TIMESTAMP())', [$name, $email, $hash]);
                return $db->lastId();
            });
        } catch (\PDOException $error) {
            if (($error->errorInfo[1] ?? 0) === self::DUPLICATE) {
                throw new InvalidInput('That name is taken.');
            }
            throw $error;
        }
        $this->cache->invalidate($this->database->written, Gallery::userKey($name));
        return ['id' => $id, 'name' => $name];
    }
}
