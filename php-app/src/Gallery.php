<?php
declare(strict_types=1);

namespace App;

/** Everything that pages show, read through the cache. Each public method is one cache entry. */
final readonly class Gallery
{
    public const int PER_PAGE = 24;
    public const int MAX_PAGE = 10;
    private const int FEED_S = 60;
    private const int PAGE_S = 300;
    private const int SEARCH_S = 120;

    /** What a picture in a grid needs; every list selects exactly this from photos p and users u. */
    private const string CARD = 'p.id, p.title, p.image, p.width, p.height, p.likes_count, p.comments_count, u.name AS author';

    public function __construct(private Cache $cache, private Database $database)
    {
    }

    /** @return array{newest: list<array<string, mixed>>, trending: list<array<string, mixed>>} */
    public function feed(int $page): array
    {
        return $this->cached(self::feedKey($page), self::FEED_S, static fn (Connection $db): array => [
            'newest' => $page > 1 ? [] : $db->rows('SELECT ' . self::CARD . ' FROM photos p JOIN users u ON u.id = p.user_id ORDER BY p.id DESC LIMIT 6'),
            // What people talked about last: the latest comments (a range of the primary key, never the whole table),
            // each counting more the newer it is, and a little for the likes of all time.
            'trending' => $db->rows(
                'SELECT ' . self::CARD . ', recent.buzz + LOG(1 + p.likes_count) AS score
                 FROM (SELECT photo_id, SUM(1 / (1 + (newest.id - c.id) / 300)) AS buzz
                       FROM (SELECT MAX(id) AS id FROM comments) newest
                       JOIN comments c ON c.id > newest.id - 1000
                       GROUP BY photo_id) recent
                 JOIN photos p ON p.id = recent.photo_id
                 JOIN users u ON u.id = p.user_id
                 ORDER BY score DESC, p.id DESC
                 LIMIT ? OFFSET ?',
                [self::PER_PAGE, ($page - 1) * self::PER_PAGE],
            ),
        ]);
    }

    /** @return array{photo: array<string, mixed>, comments: list<array<string, mixed>>, likers: list<array<string, mixed>>, related: list<array<string, mixed>>}|null */
    public function photo(int $id): ?array
    {
        return $this->cached(self::photoKey($id), self::PAGE_S, static function (Connection $db) use ($id): ?array {
            $photo = $db->row('SELECT ' . self::CARD . ', p.description, p.user_id, p.created_at FROM photos p JOIN users u ON u.id = p.user_id WHERE p.id = ?', [$id]);
            return $photo === null ? null : [
                'photo' => $photo,
                'comments' => $db->rows('SELECT c.body, c.created_at, u.name AS author FROM comments c JOIN users u ON u.id = c.user_id WHERE c.photo_id = ? ORDER BY c.id DESC LIMIT 50', [$id]),
                'likers' => $db->rows('SELECT u.name FROM likes l JOIN users u ON u.id = l.user_id WHERE l.photo_id = ? ORDER BY l.created_at DESC, l.user_id LIMIT 5', [$id]),
                // The best recent pictures of the people who commented here.
                'related' => $db->rows(
                    'SELECT ' . self::CARD . '
                     FROM (SELECT DISTINCT user_id FROM (SELECT user_id FROM comments WHERE photo_id = ? ORDER BY id DESC LIMIT 40) latest
                           UNION SELECT ?) people
                     JOIN LATERAL (SELECT * FROM photos WHERE photos.user_id = people.user_id ORDER BY photos.id DESC LIMIT 20) p
                     JOIN users u ON u.id = p.user_id
                     WHERE p.id <> ?
                     ORDER BY p.likes_count DESC, p.id DESC
                     LIMIT 6',
                    [$id, $photo['user_id'], $id],
                ),
            ];
        });
    }

    /** @return array{person: array<string, mixed>, stats: array<string, mixed>, photos: list<array<string, mixed>>, loved: list<array<string, mixed>>, visitors: list<array<string, mixed>>}|null */
    public function user(string $name): ?array
    {
        return $this->cached(self::userKey($name), self::PAGE_S, static function (Connection $db) use ($name): ?array {
            $user = $db->row('SELECT id, name, bio, created_at FROM users WHERE name = ?', [$name]);
            return $user === null ? null : [
                'person' => $user,
                'stats' => $db->row(
                    'SELECT COUNT(*) AS photos, CAST(COALESCE(SUM(likes_count), 0) AS SIGNED) AS likes, CAST(COALESCE(SUM(comments_count), 0) AS SIGNED) AS comments,
                            (SELECT COUNT(*) FROM follows WHERE follower_id = ?) AS following
                     FROM photos WHERE user_id = ?',
                    [$user['id'], $user['id']],
                ) ?? [],
                'photos' => $db->rows('SELECT ' . self::CARD . ' FROM photos p JOIN users u ON u.id = p.user_id WHERE p.user_id = ? ORDER BY p.id DESC LIMIT ?', [$user['id'], self::PER_PAGE]),
                'loved' => $db->rows('SELECT ' . self::CARD . ' FROM photos p JOIN users u ON u.id = p.user_id WHERE p.user_id = ? ORDER BY p.likes_count DESC, p.id DESC LIMIT 6', [$user['id']]),
                // Who comments most on this person's newest pictures.
                'visitors' => $db->rows(
                    'SELECT v.name, COUNT(*) AS comments
                     FROM (SELECT id FROM photos WHERE user_id = ? ORDER BY id DESC LIMIT 120) p
                     JOIN comments c ON c.photo_id = p.id
                     JOIN users v ON v.id = c.user_id
                     GROUP BY v.id ORDER BY comments DESC, v.id LIMIT 5',
                    [$user['id']],
                ),
            ];
        });
    }

    /** @return array{count: int, photos: list<array<string, mixed>>} */
    public function search(string $words): array
    {
        // Words only: InnoDB reads * + - @ and the like as operators even in natural language mode, and "*" alone as an error.
        $words = trim((string) preg_replace('/[^\p{L}\p{M}\p{N}_]+/u', ' ', mb_strtolower($words)));
        if ($words === '') {
            return ['count' => 0, 'photos' => []];
        }
        return $this->cached('search:' . hash('xxh128', $words), self::SEARCH_S, static fn (Connection $db): array => [
            'count' => $db->row('SELECT COUNT(*) AS count FROM photos WHERE MATCH (title, description) AGAINST (?)', [$words])['count'] ?? 0,
            'photos' => $db->rows(
                'SELECT ' . self::CARD . ', MATCH (p.title, p.description) AGAINST (?) AS score
                 FROM photos p JOIN users u ON u.id = p.user_id
                 WHERE MATCH (p.title, p.description) AGAINST (?)
                 ORDER BY score DESC, p.likes_count DESC LIMIT ?',
                [$words, $words, self::PER_PAGE],
            ),
        ]);
    }

    /** One row by its key: so cheap that a cache in front of it costs more than it saves. @return array<string, mixed>|null */
    public function tiny(int $id): ?array
    {
        return $this->cached(self::tinyKey($id), self::PAGE_S, static fn (Connection $db): ?array => $db->row('SELECT id, title, likes_count FROM photos WHERE id = ?', [$id]));
    }

    public function liked(int $photo, int $user): bool
    {
        return (bool) $this->cached(self::likedKey($photo, $user), self::PAGE_S, static fn (Connection $db): bool => $db->row('SELECT 1 FROM likes WHERE photo_id = ? AND user_id = ?', [$photo, $user]) !== null);
    }

    public static function feedKey(int $page): string
    {
        return "feed:{$page}";
    }

    public static function photoKey(int $id): string
    {
        return "photo:{$id}";
    }

    public static function userKey(string $name): string
    {
        return 'user:' . strtolower($name);
    }

    public static function tinyKey(int $id): string
    {
        return "tiny:{$id}";
    }

    public static function likedKey(int $photo, int $user): string
    {
        return "liked:{$photo}:{$user}";
    }

    /** @param \Closure(Connection): mixed $query */
    private function cached(string $key, int $ttlS, \Closure $query): mixed
    {
        return $this->cache->remember($key, $ttlS, fn (string $gtids): mixed => $this->database->read($query, $gtids));
    }
}
