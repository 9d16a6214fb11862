<?php
declare(strict_types=1);

namespace App;

/** The handlers: one method per address. Each takes what it needs from App and returns a response. */
final readonly class Pages
{
    public function __construct(private App $app, private Request $request, private Session $session)
    {
    }

    public function routes(Router $router): void
    {
        $router->add('GET', '/', fn (): Response => $this->feed());
        $router->add('GET', '/photo/{id}', fn (array $at): Response => $this->photo((int) $at['id']));
        $router->add('POST', '/photo/{id}/like', fn (array $at): Response => $this->like((int) $at['id']));
        $router->add('POST', '/photo/{id}/comment', fn (array $at): Response => $this->comment((int) $at['id']));
        $router->add('GET', '/user/{name}', fn (array $at): Response => $this->user($at['name']));
        $router->add('GET', '/search', fn (): Response => $this->search());
        $router->add('GET', '/tiny/{id}', fn (array $at): Response => $this->tiny((int) $at['id']));
        $router->add('GET', '/upload', fn (): Response => $this->uploadForm());
        $router->add('POST', '/upload', fn (): Response => $this->upload());
        $router->add('GET', '/login', fn (): Response => $this->loginForm());
        $router->add('POST', '/login', fn (): Response => $this->logIn());
        $router->add('GET', '/signup', fn (): Response => $this->signUpForm());
        $router->add('POST', '/signup', fn (): Response => $this->signUp());
        $router->add('POST', '/logout', fn (): Response => $this->logOut());
        $router->add('GET', '/whoami', fn (): Response => $this->whoAmI());
    }

    private function feed(): Response
    {
        $page = $this->request->page(Gallery::MAX_PAGE);
        return $this->html('feed', ['id' => $page, 'title' => 'Trending', 'page' => $page, ...$this->app->gallery()->feed($page)]);
    }

    private function photo(int $id, string $error = '', string $typed = ''): Response
    {
        $found = $this->app->gallery()->photo($id) ?? throw new HttpError(404, 'There is no such photo.');
        $user = $this->session->user();
        return $this->html('photo', [
            'id' => $id,
            'title' => $found['photo']['title'],
            'liked' => $user !== null && $this->app->gallery()->liked($id, $user['id']),
            'error' => $error,
            'typed' => $typed,
            ...$found,
        ], $error === '' ? 200 : 422);
    }

    private function like(int $id): Response
    {
        $this->app->contributions()->like($id, $this->member()['id']);
        return Response::seeOther("/photo/{$id}");
    }

    private function comment(int $id): Response
    {
        $body = $this->request->formText('body');
        try {
            $this->app->contributions()->comment($id, $this->member()['id'], $body);
        } catch (InvalidInput $problem) {
            return $this->photo($id, $problem->getMessage(), $body);
        }
        return Response::seeOther("/photo/{$id}#comments");
    }

    private function user(string $name): Response
    {
        $found = $this->app->gallery()->user($name) ?? throw new HttpError(404, 'Nobody has that name.');
        return $this->html('user', ['id' => $found['person']['name'], 'title' => $found['person']['name'], ...$found]);
    }

    private function search(): Response
    {
        $words = mb_substr($this->request->queryText('q'), 0, 60);
        $found = $words === '' ? ['count' => 0, 'photos' => []] : $this->app->gallery()->search($words);
        return $this->html('search', ['title' => 'Search', 'words' => $words, ...$found]);
    }

    private function tiny(int $id): Response
    {
        return $this->html('tiny', ['id' => $id, 'title' => 'Tiny', 'photo' => $this->app->gallery()->tiny($id) ?? throw new HttpError(404, 'There is no such photo.')]);
    }

    private function uploadForm(string $error = ''): Response
    {
        if ($this->session->user() === null) {
            return Response::seeOther('/login');
        }
        return $this->html('upload', [
            'title' => 'Upload',
            'error' => $error,
            'typed' => ['title' => $this->request->formText('title'), 'description' => $this->request->formText('description')],
        ], $error === '' ? 200 : 422);
    }

    private function upload(): Response
    {
        $user = $this->member();
        try {
            $picture = Picture::fromUpload($this->request->files['picture'] ?? null);
            $id = $this->app->contributions()->upload($user, $this->request->formText('title'), $this->request->formText('description'), $picture);
        } catch (InvalidInput $problem) {
            return $this->uploadForm($problem->getMessage());
        }
        return Response::seeOther("/photo/{$id}");
    }

    private function loginForm(string $error = ''): Response
    {
        return $this->html('login', ['title' => 'Log in', 'error' => $error, 'typed' => ['name' => $this->request->formText('name')]], $error === '' ? 200 : 422);
    }

    private function logIn(): Response
    {
        $this->checkForm();
        try {
            // Passwords are not trimmed: a space may be part of one.
            $user = $this->app->accounts()->logIn($this->request->formText('name'), $this->password(), $this->request->address);
        } catch (InvalidInput $problem) {
            return $this->loginForm($problem->getMessage());
        }
        $this->session->logIn($user['id'], $user['name']);
        return Response::seeOther('/');
    }

    private function signUpForm(string $error = ''): Response
    {
        return $this->html('signup', [
            'title' => 'Sign up',
            'error' => $error,
            'typed' => ['name' => $this->request->formText('name'), 'email' => $this->request->formText('email')],
        ], $error === '' ? 200 : 422);
    }

    private function signUp(): Response
    {
        $this->checkForm();
        try {
            $user = $this->app->accounts()->signUp($this->request->formText('name'), $this->request->formText('email'), $this->password());
        } catch (InvalidInput $problem) {
            return $this->signUpForm($problem->getMessage());
        }
        $this->session->logIn($user['id'], $user['name']);
        return Response::seeOther('/upload');
    }

    private function logOut(): Response
    {
        $this->checkForm();
        $this->session->logOut();
        return Response::seeOther('/');
    }

    private function whoAmI(): Response
    {
        return Response::json(['user' => $this->session->user()['name'] ?? null, 'replica' => $this->app->config->replica, 'session' => $this->app->config->sessions]);
    }

    /** Every POST passes here (directly or through member()): the form was ours and belongs to this visitor. */
    private function checkForm(): void
    {
        if (!Csrf::valid($this->session->get('csrf'), $this->request->formText('csrf'))) {
            throw new HttpError(403, 'This form does not belong to your session, or your session is unknown here. Go back, reload the page and send it again.');
        }
    }

    /** @return array{id: int, name: string} */
    private function member(): array
    {
        $this->checkForm();
        return $this->session->user() ?? throw new HttpError(403, 'Log in first.');
    }

    private function password(): string
    {
        $password = $this->request->form['password'] ?? '';
        return is_string($password) ? $password : '';
    }

    /** @param array<string, mixed> $data */
    private function html(string $template, array $data, int $status = 200): Response
    {
        return Response::html($this->app->page($template, $data), $status);
    }
}
