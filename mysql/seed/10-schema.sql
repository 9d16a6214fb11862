-- The photo site's tables. No foreign keys: an INSERT into comments would take a shared lock on its photo's row, which
-- two writers that then raise comments_count of the same popular photo turn into a deadlock.
CREATE DATABASE IF NOT EXISTS photos CHARACTER SET utf8mb4 COLLATE utf8mb4_0900_ai_ci;
USE photos;

CREATE TABLE users (
  id            INT UNSIGNED NOT NULL AUTO_INCREMENT,
  name          VARCHAR(30)  NOT NULL,
  email         VARCHAR(255) NOT NULL,
  password_hash VARCHAR(255) NOT NULL,
  bio           VARCHAR(500) NOT NULL DEFAULT '',
  created_at    DATETIME     NOT NULL DEFAULT CURRENT_TIMESTAMP,
  PRIMARY KEY (id),
  UNIQUE KEY name (name)
) ENGINE = InnoDB;

CREATE TABLE photos (
  id             INT UNSIGNED      NOT NULL AUTO_INCREMENT,
  user_id        INT UNSIGNED      NOT NULL,
  title          VARCHAR(120)      NOT NULL,
  description    VARCHAR(1000)     NOT NULL DEFAULT '',
  image          VARCHAR(80)       NOT NULL COMMENT 'object key, such as seed/0001.jpg',
  width          SMALLINT UNSIGNED NOT NULL DEFAULT 0,
  height         SMALLINT UNSIGNED NOT NULL DEFAULT 0,
  likes_count    INT UNSIGNED      NOT NULL DEFAULT 0,
  comments_count INT UNSIGNED      NOT NULL DEFAULT 0,
  created_at     DATETIME          NOT NULL DEFAULT CURRENT_TIMESTAMP,
  PRIMARY KEY (id),
  KEY user_photos (user_id, id),
  FULLTEXT KEY words (title, description)
) ENGINE = InnoDB;

CREATE TABLE comments (
  id         INT UNSIGNED NOT NULL AUTO_INCREMENT,
  photo_id   INT UNSIGNED NOT NULL,
  user_id    INT UNSIGNED NOT NULL,
  body       VARCHAR(500) NOT NULL,
  created_at DATETIME     NOT NULL DEFAULT CURRENT_TIMESTAMP,
  PRIMARY KEY (id),
  KEY photo_comments (photo_id, id)
) ENGINE = InnoDB;

CREATE TABLE likes (
  photo_id   INT UNSIGNED NOT NULL,
  user_id    INT UNSIGNED NOT NULL,
  created_at DATETIME     NOT NULL DEFAULT CURRENT_TIMESTAMP,
  PRIMARY KEY (photo_id, user_id)
) ENGINE = InnoDB;

CREATE TABLE follows (
  follower_id INT UNSIGNED NOT NULL,
  followee_id INT UNSIGNED NOT NULL,
  PRIMARY KEY (follower_id, followee_id)
) ENGINE = InnoDB;

-- Failed logins, for slowing down guesses; the address is text so that IPv6 fits.
CREATE TABLE login_attempts (
  id         INT UNSIGNED NOT NULL AUTO_INCREMENT,
  name       VARCHAR(30)  NOT NULL,
  address    VARCHAR(45)  NOT NULL,
  created_at DATETIME     NOT NULL DEFAULT CURRENT_TIMESTAMP,
  PRIMARY KEY (id),
  KEY name_attempts (name, created_at),
  KEY address_attempts (address, created_at)
) ENGINE = InnoDB;
