#include "common/base/log.hpp"

#include <memory>

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include "common/base/json_string.hpp"
#include "common/base/printable.hpp"

namespace onput::log {
namespace {

struct Logger {
    std::shared_ptr<spdlog::logger> sink;  // spdlog hands its loggers out this way.
    bool json = false;
    std::string service;
};

Logger& logger() {
    static Logger instance{
        .sink = spdlog::stderr_logger_mt("onput"), .json = false, .service = "onput"};
    return instance;
}

spdlog::level::level_enum to_spdlog(Level level) {
    switch (level) {
        case Level::debug: return spdlog::level::debug;
        case Level::info: return spdlog::level::info;
        case Level::warn: return spdlog::level::warn;
        case Level::error: return spdlog::level::err;
        case Level::off: return spdlog::level::off;
    }
    return spdlog::level::info;
}

// One line per event whatever a field holds, and nothing in it that a terminal obeys.
void append_quoted(std::string& out, std::string_view text) {
    append_json_string(out, text, InvalidBytes::shown);
}

bool is_plain(std::string_view text) {
    return !text.empty() && text.find_first_of(" \"\\=") == std::string_view::npos &&
           printable(text) == text;
}

}  // namespace

void configure(const Options& options) {
    Logger& target = logger();
    target.json = options.json;
    target.service = options.service;
    target.sink->set_level(to_spdlog(options.level));
    target.sink->set_pattern(options.json ? R"({"time":"%Y-%m-%dT%H:%M:%S.%eZ","level":"%l",%v})"
                                          : "%Y-%m-%dT%H:%M:%S.%eZ %l %v",
                             spdlog::pattern_time_type::utc);
    target.sink->flush_on(spdlog::level::debug);
}

void write(Level level, std::string_view event, Fields fields) {
    const Logger& target = logger();
    if (!target.sink->should_log(to_spdlog(level))) return;
    std::string line;
    if (target.json) {
        line += "\"service\":";
        append_quoted(line, target.service);
        line += ",\"event\":";
        append_quoted(line, event);
        for (const Field& field : fields) {
            line += ',';
            append_quoted(line, field.name);
            line += ':';
            append_quoted(line, field.value);
        }
    } else {
        line += target.service;
        line += ": ";
        line += event;
        for (const Field& field : fields) {
            line += ' ';
            line += field.name;
            line += '=';
            if (is_plain(field.value)) {
                line += field.value;
            } else {
                append_quoted(line, field.value);
            }
        }
    }
    target.sink->log(to_spdlog(level), "{}", line);
}

}  // namespace onput::log
