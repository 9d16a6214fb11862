USE photos;
DROP TABLE seed_dice;
DROP TABLE seed_numbers;
DROP TABLE seed_words;
-- One pass merges the full-text index's auxiliary tables, which 20,000 single insertions leave scattered.
SET GLOBAL innodb_optimize_fulltext_only = ON;
OPTIMIZE TABLE photos;
SET GLOBAL innodb_optimize_fulltext_only = OFF;
ANALYZE TABLE users, photos, comments, likes, follows, login_attempts;
