// TimeZone: the rules of one zone of the IANA database, out of its compiled file (TZif, RFC 9636).
// Pure.
//
//     local time      01:30   02:30            the day that clocks go forward: 02:30 is never shown
//     local time      01:30   02:30   02:30    the day that clocks go back: 02:30 is shown twice
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "common/base/result.hpp"

namespace onput::notifier {

inline constexpr std::size_t zone_file_bytes_max = 64 * 1024;
inline constexpr std::size_t zone_name_bytes_max = 50;

// Could be the name of a zone, and of a file below the database's folder: "Europe/Vienna".
bool is_zone_name(std::string_view name);

class TimeZone {
public:
    TimeZone() = default;  // UTC.

    // Fails with `corruption` when the bytes are no TZif file of version 2 or later, or have rules
    // that no zone in use has.
    static Result<TimeZone> parse(std::string_view tzif);

    [[nodiscard]] std::chrono::seconds offset_at(std::chrono::sys_seconds time) const;
    [[nodiscard]] std::chrono::local_seconds to_local(std::chrono::sys_seconds time) const;
    // The first moment at which clocks show this; nothing: they skip it.
    [[nodiscard]] std::optional<std::chrono::sys_seconds> to_utc(
        std::chrono::local_seconds local) const;

private:
    struct Transition {
        std::chrono::sys_seconds at;
        std::chrono::seconds offset;  // From then on.
    };
    // Every year's change: the `week`th (5: last) `weekday` of `month`, so long after midnight.
    struct Change {
        unsigned month = 1;
        unsigned week = 1;
        unsigned weekday = 0;
        std::chrono::seconds time{7200};
    };
    // After the last transition.
    struct Tail {
        std::chrono::seconds standard{0};
        std::optional<std::chrono::seconds> summer;
        Change begin;
        Change end;
    };
    class FileReader;
    class TailReader;

    struct Rules {
        std::chrono::seconds first_offset{0};  // Before the first transition.
        std::vector<Transition> transitions;   // Rising.
        std::optional<Tail> tail;
    };

    static std::chrono::local_seconds local_of(const Change& change, std::chrono::year year);
    static std::chrono::seconds tail_offset(const Tail& tail, std::chrono::sys_seconds time);

    // Shared by all copies: thousands of schedules are of one zone. Null: UTC.
    std::shared_ptr<const Rules> rules_;
};

}  // namespace onput::notifier
