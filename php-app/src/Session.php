<?php
declare(strict_types=1);

namespace App;

/**
 * Who the visitor is, remembered between requests.
 *
 * Where: `files` keeps sessions on this replica's own disk, so another replica does not know the visitor; `memcached`
 * keeps them where every replica can read them. PHP has both; this class chooses and keeps three promises:
 *  - a guest who only looks around has no session and costs the session storage nothing;
 *  - reading takes no lock, so a visitor's parallel page views do not wait for each other. Writing does;
 *  - storage that does not answer turns members into guests; it does not break the pages.
 */
final class Session
{
    /** New sessions: tries with ids that belong to other memcached nodes, should one of them be dead. */
    private const int ATTEMPTS = 6;

    /** @var array<string, mixed>|null null: not read yet */
    private ?array $data = null;
    private bool $writable = false;

    /** @param string $cookie the session id that the browser sent, '' for none */
    public function __construct(private readonly Config $config, private readonly string $cookie, private readonly Timing $timing)
    {
    }

    public function get(string $key): mixed
    {
        if ($this->writable) {
            return $_SESSION[$key] ?? null;
        }
        $this->data ??= $this->cookie === '' ? [] : $this->read();
        return $this->data[$key] ?? null;
    }

    public function set(string $key, mixed $value): void
    {
        $this->open();
        $_SESSION[$key] = $value;
    }

    /** @return array{id: int, name: string}|null */
    public function user(): ?array
    {
        $user = $this->get('user');
        return is_array($user) ? $user : null;
    }

    /** A new id at login, so that an id planted before (session fixation) is worth nothing. */
    public function logIn(int $id, string $name): void
    {
        $this->open();
        session_destroy();
        $this->writable = false;
        $this->openNew();
        $_SESSION = ['user' => ['id' => $id, 'name' => $name], 'csrf' => Csrf::newToken()];
    }

    public function logOut(): void
    {
        $this->open();
        $_SESSION = [];
        session_destroy();
        header_remove('Set-Cookie');
        setcookie((string) session_name(), '', ['expires' => 1, 'path' => '/', 'httponly' => true, 'samesite' => 'Lax']);
        $this->writable = false;
        $this->data = [];
    }

    /** Make everything stored and give the lock back. */
    public function close(): void
    {
        if ($this->writable) {
            $this->data = $_SESSION;
            $this->writable = false;
            $this->timing->measure('session', session_write_close(...));
        }
    }

    /** Open for writing: takes the session's lock until close(). */
    private function open(): void
    {
        if ($this->writable) {
            return;
        }
        $this->configure(lock: true);
        if ($this->start([])) {
            $this->writable = true;
            if (session_id() === $this->cookie) {
                header_remove('Set-Cookie'); // the browser has it already
            }
            return;
        }
        $this->openNew();
    }

    private function openNew(): void
    {
        $this->configure(lock: true);
        for ($attempt = 1; $attempt <= self::ATTEMPTS; $attempt++) {
            header_remove('Set-Cookie');
            session_id(bin2hex(random_bytes(16)));
            // Not strict for this one start: the id is new, ours, and therefore unknown to the storage.
            if ($this->start(['use_strict_mode' => 0])) {
                $this->writable = true;
                return;
            }
        }
        throw new HttpError(503, 'The session storage does not answer, so nobody can log in right now.');
    }

    /** @return array<string, mixed> */
    private function read(): array
    {
        $this->configure(lock: false);
        if (!$this->start(['read_and_close' => true])) {
            return [];
        }
        if (session_id() !== $this->cookie) {
            // Strict mode: this storage does not know the visitor's id and made up a new one. It is not sent: with file
            // sessions the id may be known to another replica, and looking at a page should not log anybody out there.
            header_remove('Set-Cookie');
            session_id('');
        }
        return $_SESSION;
    }

    /** @param array<string, int|bool> $options */
    private function start(array $options): bool
    {
        try {
            if ($this->timing->measure('session', static fn (): bool => @session_start($options))) {
                return true;
            }
            $problem = error_get_last()['message'] ?? 'unknown';
        } catch (\Error $error) {
            $problem = $error->getMessage(); // memcached's handler throws when it cannot check an id
        }
        error_log("session storage: {$problem}");
        session_status() === PHP_SESSION_ACTIVE && session_abort();
        return false;
    }

    private function configure(bool $lock): void
    {
        if ($this->config->sessions === 'memcached') {
            ini_set('session.save_handler', 'memcached');
            ini_set('session.save_path', implode(',', array_map(static fn (string $node): string => "{$node}:11211", $this->config->cacheNodes)));
            ini_set('memcached.sess_locking', $lock ? '1' : '0');
        } else {
            ini_set('session.save_handler', 'files');
            ini_set('session.save_path', '/var/lib/php/sessions');
        }
    }
}
