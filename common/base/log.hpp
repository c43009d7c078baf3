// Log lines: an event with fields, written by shells only, to stderr.
//
//     log::info("message dead-lettered", {{"queue", name}, {"message_id", id}});
//
// `error` a person must act; `warn` we coped; `info` start, stop, configuration; `debug` one line
// per request. No secrets, no bodies. Thread-safe.
#pragma once

#include <concepts>
#include <initializer_list>
#include <string>
#include <string_view>

namespace onput::log {

enum class Level { debug, info, warn, error, off };  // off: of a program that writes no log.

struct Field {
    std::string_view name;
    std::string value;

    Field(std::string_view field_name, std::string_view text) : name(field_name), value(text) {}
    Field(std::string_view field_name, const char* text) : name(field_name), value(text) {}
    Field(std::string_view field_name, const std::string& text) : name(field_name), value(text) {}
    template <std::integral T>
    Field(std::string_view field_name, T number)
        : name(field_name), value(std::to_string(number)) {}
};

using Fields = std::initializer_list<Field>;

// Call once at start: names the service in each line. Format is "text" or "json".
struct Options {
    std::string service = "onput";
    Level level = Level::info;
    bool json = false;
};
void configure(const Options& options);

void write(Level level, std::string_view event, Fields fields);

inline void debug(std::string_view event, Fields fields = {}) {
    write(Level::debug, event, fields);
}
inline void info(std::string_view event, Fields fields = {}) {
    write(Level::info, event, fields);
}
inline void warn(std::string_view event, Fields fields = {}) {
    write(Level::warn, event, fields);
}
inline void error(std::string_view event, Fields fields = {}) {
    write(Level::error, event, fields);
}

}  // namespace onput::log
