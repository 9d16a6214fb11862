<?php
declare(strict_types=1);

namespace App;

/** Everything that people add. Each method: one transaction on the primary, then the cache entries that became wrong. */
final readonly class Contributions
{
    public const int MAX_COMMENT = 500;
    public const int MAX_TITLE = 120;
    public const int MAX_DESCRIPTION = 1000;

    public function __construct(private Database $database, private Cache $cache, private Store $store)
    {
    }

    /** Liking twice changes nothing. */
    public function like(int $photo, int $user): void
    {
        $this->database->write(static function (Connection $db) use ($photo, $user): void {
            self::exists($db, $photo);
            if ($db->write('INSERT IGNORE INTO likes (photo_id, user_id, created_at) VALUES (?, ?, UTC_TIMESTAMP())', [$photo, $user]) === 1) {
                // Last, because everybody who likes this picture waits for this row's lock.
                $db->write('UPDATE photos SET likes_count = likes_count + 1 WHERE id = ?', [$photo]);
            }
        });
        $this->invalidate(Gallery::photoKey($photo), Gallery::tinyKey($photo), Gallery::likedKey($photo, $user));
    }

    public function comment(int $photo, int $user, string $body): void
    {
        if ($body === '' || mb_strlen($body) > self::MAX_COMMENT) {
            throw new InvalidInput('A comment has 1 to 500 characters.');
        }
        $this->database->write(static function (Connection $db) use ($photo, $user, $body): void {
            self::exists($db, $photo);
            $db->write('INSERT INTO comments (photo_id, user_id, body, created_at) VALUES (?, ?, ?, UTC_TIMESTAMP())', [$photo, $user, $body]);
            $db->write('UPDATE photos SET comments_count = comments_count + 1 WHERE id = ?', [$photo]);
        });
        $this->invalidate(Gallery::photoKey($photo));
    }

    /** @param array{id: int, name: string} $user @return int the new photo's id */
    public function upload(array $user, string $title, string $description, Picture $picture): int
    {
        if ($title === '' || mb_strlen($title) > self::MAX_TITLE) {
            throw new InvalidInput('A title has 1 to 120 characters.');
        }
        if (mb_strlen($description) > self::MAX_DESCRIPTION) {
            throw new InvalidInput('A description has at most 1,000 characters.');
        }
        // The picture first: a failure in between leaves a file that nobody sees, not a page without its picture.
        $this->store->put($picture->key, $picture->jpeg);
        $this->store->put(Picture::thumbKey($picture->key), $picture->thumbJpeg);
        $id = $this->database->write(static function (Connection $db) use ($user, $title, $description, $picture): int {
            $db->write(
                'INSERT INTO photos (user_id, title, description, image, width, height, created_at) VALUES (?, ?, ?, ?, ?, ?, UTC_TIMESTAMP())',
                [$user['id'], $title, $description, $picture->key, $picture->width, $picture->height],
            );
            return $db->lastId();
        });
        // The photo's own key too: somebody may have asked for this id before it existed, and "missing" is cached as well.
        $this->invalidate(Gallery::photoKey($id), Gallery::tinyKey($id), Gallery::userKey($user['name']), Gallery::feedKey(1));
        return $id;
    }

    private static function exists(Connection $db, int $photo): void
    {
        if ($db->row('SELECT 1 FROM photos WHERE id = ?', [$photo]) === null) {
            throw new HttpError(404, 'There is no such photo.');
        }
    }

    private function invalidate(string ...$keys): void
    {
        $this->cache->invalidate($this->database->written, ...$keys);
    }
}
