-- The rows: 2,000 users, 20,000 photos, 200,000 comments, and the likes and follows. The same on every machine.
-- Low ids are the popular ones. Photos are from 2024 and 2025, comments and likes from the first half of 2026.
USE photos;

-- Everybody's password is lab-demo-password (bcrypt, cost 10): made-up people on the learner's own machine.
INSERT INTO users (id, name, email, password_hash, bio, created_at)
SELECT n, CONCAT('user', LPAD(n, 4, '0')), CONCAT('user', LPAD(n, 4, '0'), '@example.org'),
       '$2y$10$ScalabilityLabDemoSal.1VBItd4IUdbjQYs.mACgIj.WqnlyiJW', bio.word,
       TIMESTAMP '2023-01-01 00:00:00' + INTERVAL n * 4 HOUR
FROM seed_numbers
JOIN seed_words AS bio ON bio.kind = 'bio' AND bio.id = seed_pick('bio', n, 10)
WHERE n <= 2000;

INSERT INTO photos (id, user_id, title, description, image, width, height, created_at)
SELECT n, seed_zipf(seed_uniform('owner', n), 2000, 0.6),
       CONCAT(adjective.word, ' ', noun.word, ' ', place.word),
       CONCAT('Taken with ', camera.word, '. ', story.word),
       CONCAT('seed/', LPAD((n - 1) % 400 + 1, 4, '0'), '.jpg'), 800, 600,
       TIMESTAMP '2024-01-01 00:00:00' + INTERVAL n * 52 MINUTE
FROM seed_numbers
JOIN seed_words AS adjective ON adjective.kind = 'adjective' AND adjective.id = seed_pick('adjective', n, 40)
JOIN seed_words AS noun ON noun.kind = 'noun' AND noun.id = seed_pick('noun', n, 60)
JOIN seed_words AS place ON place.kind = 'place' AND place.id = seed_pick('place', n, 30)
JOIN seed_words AS camera ON camera.kind = 'camera' AND camera.id = seed_pick('camera', n, 10)
JOIN seed_words AS story ON story.kind = 'story' AND story.id = seed_pick('story', n, 16)
WHERE n <= 20000
ORDER BY n;

INSERT INTO comments (id, photo_id, user_id, body, created_at)
SELECT n, seed_zipf(seed_uniform('comment-photo', n), 20000, 0.8), seed_pick('comment-user', n, 2000),
       CONCAT(opener.word, ' ', noun.word, '. ', closer.word),
       TIMESTAMP '2026-01-01 00:00:00' + INTERVAL n * 75 SECOND
FROM seed_numbers
JOIN seed_words AS opener ON opener.kind = 'opener' AND opener.id = seed_pick('opener', n, 16)
JOIN seed_words AS noun ON noun.kind = 'noun' AND noun.id = seed_pick('comment-noun', n, 60)
JOIN seed_words AS closer ON closer.kind = 'closer' AND closer.id = seed_pick('closer', n, 20)
WHERE n <= 200000
ORDER BY n;

INSERT INTO likes (photo_id, user_id, created_at)
SELECT photo_id, user_id, TIMESTAMP '2026-01-01 00:00:00' + INTERVAL MIN(n) * 60 SECOND
FROM (SELECT n, seed_zipf(seed_uniform('like-photo', n), 20000, 0.6) AS photo_id, seed_pick('like-user', n, 2000) AS user_id
      FROM seed_numbers) AS pairs
GROUP BY photo_id, user_id
ORDER BY photo_id, user_id;

INSERT INTO follows (follower_id, followee_id)
SELECT DISTINCT follower, followee
FROM (SELECT seed_pick('follower', n, 2000) AS follower, seed_zipf(seed_uniform('followee', n), 2000, 0.6) AS followee
      FROM seed_numbers WHERE n <= 40000) AS pairs
WHERE follower <> followee
ORDER BY follower, followee;

UPDATE photos SET
  comments_count = (SELECT COUNT(*) FROM comments WHERE comments.photo_id = photos.id),
  likes_count = (SELECT COUNT(*) FROM likes WHERE likes.photo_id = photos.id);
