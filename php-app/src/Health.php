<?php
declare(strict_types=1);

namespace App;

/** For machines: /health says that this process answers, /ready that it can also do its work. */
final readonly class Health
{
    public function __construct(private App $app)
    {
    }

    public function routes(Router $router): void
    {
        // Without dependencies on purpose: if the database fails, a balancer that asked for it here would take out
        // every replica at once, and visitors would lose even the pages that the cache can serve.
        $router->add('GET', '/health', fn (): Response => Response::json(['alive' => true, 'replica' => $this->app->config->replica]));
        $router->add('GET', '/ready', fn (): Response => $this->ready());
    }

    private function ready(): Response
    {
        $checks = ['db-primary' => fn () => $this->app->database()->primary()->row('SELECT 1')];
        if ($this->app->config->caching || $this->app->config->sessions === 'memcached') {
            // One node of several may be missing: its keys move to the others.
            $checks['cache'] = fn () => $this->app->memcached()?->answers() ?: throw new \RuntimeException('no memcached node answers');
        }
        $checks['store'] = fn () => $this->app->store()->check();
        $results = [];
        foreach ($checks as $name => $check) {
            try {
                $check();
                $results[$name] = 'ok';
            } catch (\Throwable $error) {
                error_log("ready: {$name}: {$error->getMessage()}");
                $results[$name] = 'failed';
            }
        }
        $ready = !in_array('failed', $results, true);
        return Response::json(['ready' => $ready, 'replica' => $this->app->config->replica, 'checks' => $results], $ready ? 200 : 503);
    }
}
