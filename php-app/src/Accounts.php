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
    private const string NAME = '/^[a-z][a-z0-9_]{2,29}$/D';
    /** Of the passwords that everybody tries first, those that are long enough; and the one that this lab publishes. */
    private const array COMMON = [
        '0123456789', '0987654321', '1234567890', '12345678910', '1234567891', '123456789a', '123123123123', '1q2w3e4r5t', '1q2w3e4r5t6y',
        'abcdefghij', 'administrator', 'iloveyou123', 'changeme123', 'lab-demo-password', 'letmein123', 'passw0rd123', 'password12',
        'password123', 'password1234', 'password12345', 'qwerty12345', 'qwerty123456', 'qwertyuiop', 'qwertzuiop', 'welcome123',
    ];

    public function __construct(private Database $database, private Cache $cache, private Throttle $throttle)
    {
    }

    /** @return array{id: int, name: string} */
    public function logIn(string $name, string $password, string $address): array
    {
        // Only names that sign-up makes: the database also takes "üser0001" for "user0001" (its collation ignores accents), and
        // each such spelling would have ten guesses of its own.
        $account = mb_strtolower($name);
        $known = preg_match(self::NAME, $account) === 1 ? $account : '';
        if (!$this->throttle->enter($account, $address)) {
            throw new HttpError(429, 'Too many logins for this account have failed. Try again in five minutes.', ['Retry-After' => (string) Throttle::WINDOW_S]);
        }
        $failed = false;
        try {
            // From the primary: an account made a moment ago must be able to log in.
            $user = $this->database->primary()->row('SELECT id, name, password_hash FROM users WHERE name = ?', [$known]);
            $failed = !password_verify($password, $user['password_hash'] ?? self::NOBODY) || $user === null;
        } finally {
            if (!$failed) {
                $this->throttle->leave($account, $address);
            }
        }
        return $failed ? throw new InvalidInput('Name or password is wrong.') : ['id' => $user['id'], 'name' => $user['name']];
    }

    /** @return array{id: int, name: string} */
    public function signUp(string $name, string $email, string $password): array
    {
        if (preg_match(self::NAME, $name) !== 1) {
            throw new InvalidInput('A name has 3 to 30 small letters, digits or underscores and begins with a letter.');
        }
        if (strlen($email) > 255 || filter_var($email, FILTER_VALIDATE_EMAIL) === false) {
            throw new InvalidInput('That is not an e-mail address.');
        }
        // bcrypt looks at 72 bytes; silently ignoring the rest would be a trap.
        if (mb_strlen($password) < 10 || strlen($password) > 72) {
            throw new InvalidInput('A password has at least 10 characters (and at most 72 bytes).');
        }
        $lowered = mb_strtolower($password);
        if (in_array($lowered, self::COMMON, true) || (str_contains($lowered, $name) && 2 * strlen($name) >= strlen($lowered)) || count(array_unique(mb_str_split($lowered))) < 4) {
            throw new InvalidInput('That password is among the first that are guessed: it is well known, holds your name, or repeats itself.');
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
