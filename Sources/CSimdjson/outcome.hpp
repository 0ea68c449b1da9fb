// How a request ended, as an HTTP status: from the names of errors and from words and codes of success.
#pragma once
#include <cstdint>
#include "text.hpp"

namespace stillwatch {

enum : int64_t { status_none = 0, status_ok = 200, status_throttled = 429, status_error = 500 };

/// ASCII letters in lower case; other bytes as they are.
inline uint8_t lower(uint8_t c) { return uint8_t(c - 'A') < 26 ? uint8_t(c | 0x20) : c; }

/// Whether the text has `word` (in lower case), whatever the case of its letters; `-`, `_` and spaces in
/// the text are passed over.
inline bool has_word(const sw_slice &text, const char *word) {
  for (uint64_t first = 0; first < text.count; first++) {
    const char *rest = word;
    for (uint64_t i = first; i < text.count && *rest; i++) {
      const uint8_t c = lower(text.start[i]);
      if (i > first && (c == '_' || c == '-' || c == ' ')) continue;
      if (c != uint8_t(*rest)) break;
      rest++;
    }
    if (!*rest) return true;
  }
  return false;
}

/// Whether the text is `word` (in lower case), whatever the case of its letters.
inline bool is_word(const sw_slice &text, const char *word) {
  const size_t count = std::strlen(word);
  if (text.count != count) return false;
  for (size_t i = 0; i < count; i++) {
    if (lower(text.start[i]) != uint8_t(word[i])) return false;
  }
  return true;
}

/// Whether the name of an error tells of a limit of rate.
inline bool is_throttled(const sw_slice &name) {
  static const char *const limits[] = {"throttl",       "ratelimit", "toomanyrequests",
                                       "limitexceeded", "quota",     "resourceexhausted"};
  if (name.count > 512) return false;
  for (const char *limit : limits) {
    if (has_word(name, limit)) return true;
  }
  return false;
}

/// The status behind an error's name: 429 for limits of rate, 500 for all others.
inline int64_t status_of_error(const sw_slice &name) {
  return is_throttled(name) ? status_throttled : status_error;
}

/// The status behind a word for how something ended; 0 where it says nothing.
inline int64_t status_of_word(const sw_slice &word) {
  static const char *const good[] = {"success", "succeeded", "ok", "status_code_ok"};
  static const char *const bad[] = {"failure", "failed", "fail", "error", "status_code_error"};
  for (const char *each : good) {
    if (is_word(word, each)) return status_ok;
  }
  for (const char *each : bad) {
    if (is_word(word, each)) return status_error;
  }
  return is_throttled(word) ? status_throttled : status_none;
}

/// The status behind a code: HTTP's as it is, 1 for success and 2 for failure (OTLP, OCSF), else 0.
inline int64_t status_of_code(int64_t code) {
  if (code >= 100 && code <= 999) return code;
  return code == 1 ? status_ok : code == 2 ? status_error : status_none;
}

/// The same for an error's code, where small numbers say nothing.
inline int64_t status_of_error_code(int64_t code) { return code >= 100 && code <= 999 ? code : 0; }

/// Whether a GenAI log record or span says that it is no request to a model: one of the messages of a
/// request, or a tool's run on the client's side.
inline bool is_no_request(const sw_slice &name) {
  static const char *const others[] = {
      "execute_tool",          "create_agent",        "gen_ai.choice",
      "gen_ai.system.message", "gen_ai.user.message", "gen_ai.assistant.message",
      "gen_ai.tool.message",   "gen_ai.evaluation.result"};
  for (const char *other : others) {
    if (is_word(name, other)) return true;
  }
  return false;
}

/// `arn:aws:sts::1:assumed-role/ROLE/SESSION` without its session; other texts as they are.
inline sw_slice without_session(sw_slice arn) {
  static const char mark[] = ":assumed-role/";
  const size_t width = sizeof mark - 1;
  for (uint64_t i = 0; i + width <= arn.count; i++) {
    if (std::memcmp(arn.start + i, mark, width) != 0) continue;
    for (uint64_t end = arn.count; end > i + width; end--) {
      if (arn.start[end - 1] == '/') return {arn.start, end - 1};
    }
    return arn;
  }
  return arn;
}

}  // namespace stillwatch
