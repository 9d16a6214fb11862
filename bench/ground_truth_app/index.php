<?php
// An app whose requests each keep one tier busy, or wait in it, on purpose: what the verdict's ground truth is made with.
// /?do=NAME&n=N; the answer ends with "done NAME". Only for bench/ground_truth.py: it does whatever its visitor says.
declare(strict_types=1);

$n = max(1, min(10_000, (int) ($_GET['n'] ?? 1)));
$do = (string) ($_GET['do'] ?? 'nothing');
$database = static function (string $host): PDO {
    $password = trim((string) file_get_contents('/run/credentials/web/db_app_password'));
    return new PDO("mysql:host=$host;dbname=photos", 'app', $password, [
        PDO::ATTR_PERSISTENT => true, PDO::ATTR_TIMEOUT => 2, PDO::ATTR_ERRMODE => PDO::ERRMODE_EXCEPTION,
    ]);
};
$primary = static fn (): PDO => $database((string) getenv('DB_PRIMARY'));
$replica = static fn (): PDO => $database((string) getenv('DB_REPLICAS'));
$cache = static function (): Memcached {
    $nodes = new Memcached('pool');
    if (!$nodes->getServerList()) {
        foreach (explode(',', (string) getenv('CACHE_NODES')) as $node) {
            $nodes->addServer($node, 11211);
        }
    }
    return $nodes;
};
try {
    match ($do) {
        'wait' => usleep(1000 * $n),                                                    // ms in a web worker
        'work' => (static function () use ($n): void {
            for ($i = 0, $text = 'x'; $i < 100 * $n; $i++) {
                $text = hash('sha256', $text);
            }
        })(),                                                                           // CPU of web
        'sleep' => $primary()->query('SELECT SLEEP(' . $n / 1000 . ')')->fetch(),       // ms in a statement
        'sleep-replica' => $replica()->query('SELECT SLEEP(' . $n / 1000 . ')')->fetch(),
        'count' => $primary()->query("SELECT BENCHMARK($n * 1000, SHA2('x', 256))")->fetch(),  // CPU of the database
        'count-replica' => $replica()->query("SELECT BENCHMARK($n * 1000, SHA2('x', 256))")->fetch(),
        'row-lock' => (static function (PDO $db) use ($n): void {
            $db->beginTransaction();
            $db->query('SELECT id FROM photos WHERE id = 1 FOR UPDATE')->fetch();
            usleep(1000 * $n);                                                          // ms that the row is held
            $db->rollBack();
        })($primary()),
        'named-lock' => (static function (PDO $db) use ($n): void {
            $db->query("SELECT GET_LOCK('one', 10)")->fetch();
            usleep(1000 * $n);
            $db->query("SELECT RELEASE_LOCK('one')")->fetch();
        })($primary()),
        'read' => $primary()->query('SELECT title FROM photos WHERE id = ' . $n)->fetch(),
        'cache' => (static function (Memcached $nodes) use ($n): void {
            if ($nodes->get('big') === false) {
                $nodes->set('big', random_bytes(200_000));
            }
            for ($i = 0; $i < $n; $i++) {
                $nodes->get('big');
            }
        })($cache()),
        'fail-on-2' => getenv('REPLICA_NAME') === 'web-2' && http_response_code(500),
        'nothing' => null,
        default => http_response_code(404),
    };
} catch (PDOException) {
    http_response_code(503);
}
echo "<p>done $do</p>\n";
