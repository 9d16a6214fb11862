-- The rows: 2,000 users, 20,000 photos, 200,000 comments, and the likes and follows. The same on every machine.
-- Low ids are the popular ones. Photos are from 2024 and 2025, comments and likes from the first half of 2026.
--
-- Popularity is Zipf-like: a rank in 1..N whose frequency falls as rank^-s. For a die u, inverting the continuous
-- distribution function gives  rank = floor((1 + u * ((N + 1)^(1 - s) - 1))^(1 / (1 - s))).
USE photos;

-- Everybody's password is lab-demo-password (bcrypt, cost 10): made-up people on the learner's own machine.
INSERT INTO users (id, name, email, password_hash, bio, created_at)
SELECT n, CONCAT('user', LPAD(n, 4, '0')), CONCAT('user', LPAD(n, 4, '0'), '@example.org'),
       '$2y$10$ScalabilityLabDemoSal.1VBItd4IUdbjQYs.mACgIj.WqnlyiJW', bio.word,
       TIMESTAMP '2023-01-01 00:00:00' + INTERVAL n * 4 HOUR
FROM seed_dice
JOIN seed_words AS bio ON bio.kind = 'bio' AND bio.id = 1 + FLOOR(d1 * 10)
WHERE seed_dice.kind = 'user'
ORDER BY n;

-- Owners: s = 0.6 over 2,000 users.
INSERT INTO photos (id, user_id, title, description, image, width, height, created_at)
SELECT n, FLOOR(POW(1 + d1 * (POW(2001, 0.4) - 1), 2.5)),
       CONCAT(adjective.word, ' ', noun.word, ' ', place.word),
       CONCAT('Taken with ', camera.word, '. ', story.word),
       CONCAT('seed/', LPAD((n - 1) % 50 + 1, 4, '0'), '.jpg'), 800, 600,
       TIMESTAMP '2024-01-01 00:00:00' + INTERVAL n * 52 MINUTE
FROM seed_dice
JOIN seed_words AS adjective ON adjective.kind = 'adjective' AND adjective.id = 1 + FLOOR(d2 * 40)
JOIN seed_words AS noun ON noun.kind = 'noun' AND noun.id = 1 + FLOOR(d3 * 60)
JOIN seed_words AS place ON place.kind = 'place' AND place.id = 1 + FLOOR(d4 * 30)
JOIN seed_words AS camera ON camera.kind = 'camera' AND camera.id = 1 + FLOOR(d5 * 10)
JOIN seed_words AS story ON story.kind = 'story' AND story.id = 1 + FLOOR(d6 * 16)
WHERE seed_dice.kind = 'photo'
ORDER BY n;

-- Photos: s = 0.8 over 20,000.
INSERT INTO comments (id, photo_id, user_id, body, created_at)
SELECT n, FLOOR(POW(1 + d1 * (POW(20001, 0.2) - 1), 5)), 1 + FLOOR(d2 * 2000),
       CONCAT(opener.word, ' ', noun.word, '. ', closer.word),
       TIMESTAMP '2026-01-01 00:00:00' + INTERVAL n * 75 SECOND
FROM seed_dice
JOIN seed_words AS opener ON opener.kind = 'opener' AND opener.id = 1 + FLOOR(d3 * 16)
JOIN seed_words AS noun ON noun.kind = 'noun' AND noun.id = 1 + FLOOR(d4 * 60)
JOIN seed_words AS closer ON closer.kind = 'closer' AND closer.id = 1 + FLOOR(d5 * 20)
WHERE seed_dice.kind = 'comment'
ORDER BY n;

-- Photos: s = 0.6 over 20,000; who likes twice likes once.
INSERT INTO likes (photo_id, user_id, created_at)
SELECT FLOOR(POW(1 + d1 * (POW(20001, 0.4) - 1), 2.5)) AS photo, 1 + FLOOR(d2 * 2000) AS user,
       TIMESTAMP '2026-01-01 00:00:00' + INTERVAL MIN(n) * 60 SECOND
FROM seed_dice
WHERE kind = 'like'
GROUP BY photo, user
ORDER BY photo, user;

-- Followees: s = 0.6 over 2,000 users.
INSERT INTO follows (follower_id, followee_id)
SELECT DISTINCT 1 + FLOOR(d1 * 2000) AS follower, FLOOR(POW(1 + d2 * (POW(2001, 0.4) - 1), 2.5)) AS followee
FROM seed_dice
WHERE kind = 'follow'
HAVING follower <> followee
ORDER BY follower, followee;

UPDATE photos
LEFT JOIN (SELECT photo_id, COUNT(*) AS n FROM comments GROUP BY photo_id) AS commented ON commented.photo_id = photos.id
LEFT JOIN (SELECT photo_id, COUNT(*) AS n FROM likes GROUP BY photo_id) AS liked ON liked.photo_id = photos.id
SET comments_count = COALESCE(commented.n, 0), likes_count = COALESCE(liked.n, 0);
