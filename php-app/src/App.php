<?php
declare(strict_types=1);

namespace App;

/** Puts the parts together, each when it is first needed, and turns one request into one response. */
final class App
{
    private readonly Session $session;
    private ?Database $database = null;
    private ?MemcachedBackend $memcached = null;
    private ?Cache $cache = null;
    private ?Store $store = null;

    public function __construct(public readonly Config $config, private readonly Request $request, private readonly Timing $timing)
    {
        $this->session = new Session($config, $request->cookie((string) session_name()), $timing);
    }

    public static function main(): void
    {
        set_error_handler(static function (int $level, string $message, string $file, int $line): bool {
            // A warning is a bug or a broken dependency: stop, do not go on with half a result. "@" still silences.
            return (error_reporting() & $level) !== 0 ? throw new \ErrorException($message, 0, $level, $file, $line) : false;
        });
        $timing = new Timing();
        new self(Config::fromEnvironment(), Request::fromGlobals(), $timing)->handle()->send();
    }

    public function handle(): Response
    {
        try {
            $response = $this->dispatch();
        } catch (HttpError $error) {
            $response = $this->errorPage($error);
        } catch (\PDOException $error) {
            error_log("database: {$error->getMessage()}");
            $response = $this->errorPage(new HttpError(503, 'The database does not answer. Please try again in a moment.', ['Retry-After' => '5']));
        } catch (\Throwable $error) {
            error_log((string) $error);
            $response = $this->errorPage(new HttpError(500, 'Something broke on our side. It has been logged.'));
        }
        $this->session->close();
        $response->headers += $this->timing->headers();
        return $response;
    }

    private function dispatch(): Response
    {
        $router = new Router();
        new Health($this)->routes($router);
        new Pages($this, $this->request, $this->session)->routes($router);
        [$handler, $at] = $router->match($this->request->method, $this->request->path);
        $this->work();
        $response = $handler($at);
        if ($this->database?->written) {
            $this->session->set('gtids', $this->database->written);
        }
        return $response;
    }

    /** Health checks do none. The tiny page does a tenth, so that it stays tiny, and reports it as a whole unit. */
    private function work(): void
    {
        if (!in_array($this->request->path, ['/health', '/ready'], true)) {
            $share = str_starts_with($this->request->path, '/tiny/') ? 10 : 1;
            $this->timing->workMs = Work::run(intdiv($this->config->workUnits, $share)) * $share;
        }
    }

    /** @param array<string, mixed> $data */
    public function page(string $template, array $data): string
    {
        $user = $this->session->user();
        $withForm = $user !== null || in_array($template, ['login', 'signup'], true);
        return new View(__DIR__ . '/../templates', $this->store())->render($template, $data + [
            'name' => $template === 'signup' ? 'login' : $template,
            'id' => '',
            'user' => $user,
            'csrf' => $withForm ? Csrf::token($this->session) : '',
            'config' => $this->config,
            'timing' => $this->timing,
        ]);
    }

    private function errorPage(HttpError $error): Response
    {
        try {
            $response = Response::html($this->page('error', ['title' => (string) $error->status, 'status' => $error->status, 'message' => $error->getMessage()]), $error->status);
        } catch (\Throwable $second) {
            // Not even the page can be drawn, for instance without credentials.
            error_log((string) $second);
            $response = Response::html("<!DOCTYPE html>\n<html lang=\"en\"><title>{$error->status}</title><p>{$error->status}</p></html>\n", $error->status);
        }
        $response->headers += $error->headers;
        return $response;
    }

    public function gallery(): Gallery
    {
        return new Gallery($this->cache(), $this->database());
    }

    public function contributions(): Contributions
    {
        return new Contributions($this->database(), $this->cache(), $this->store());
    }

    public function accounts(): Accounts
    {
        return new Accounts($this->database(), $this->cache(), new Throttle($this->memcached(), $this->config->secret('app_secret')));
    }

    public function database(): Database
    {
        return $this->database ??= new Database($this->config, $this->timing, fn (): string => (string) $this->session->get('gtids'));
    }

    public function store(): Store
    {
        return $this->store ??= $this->config->store === 's3'
            ? new S3Store($this->config, $this->request->host, $this->timing)
            : new LocalStore('/var/lib/app/uploads', $this->timing);
    }

    /** Null without cache nodes. */
    public function memcached(): ?MemcachedBackend
    {
        return $this->memcached ??= $this->config->cacheNodes === [] ? null : new MemcachedBackend($this->config->cacheNodes);
    }

    private function cache(): Cache
    {
        return $this->cache ??= new Cache(
            $this->config->caching ? $this->memcached() : null,
            $this->timing,
            lock: $this->config->stampedeLock,
            tombstones: $this->config->readYourWrites,
            sleepUs: static function (int $us): void {
                usleep($us);
            },
        );
    }
}
