#include "services/notifier/archives/archive_rows.hpp"

#include "common/base/check.hpp"

namespace onput::notifier {
namespace {

std::string big_endian(std::uint64_t number) {
    std::string bytes;
    for (int shift = 56; shift >= 0; shift -= 8) {
        bytes += static_cast<char>((number >> shift) & 255U);
    }
    return bytes;
}

// Rises with the time, before 1970 too.
std::string sortable(Timestamp time) {
    return big_endian(static_cast<std::uint64_t>(to_micros(time)) ^ (std::uint64_t{1} << 63U));
}

std::string events_of(std::uint64_t number) {
    return "E/" + big_endian(number);
}

}  // namespace

std::string archive_key(std::string_view arn) {
    return "A/" + std::string(arn);
}

std::string deleted_archive_key(std::uint64_t number) {
    return "D/" + big_endian(number);
}

std::string replay_key(std::string_view arn) {
    return "R/" + std::string(arn);
}

std::string archived_event_key(std::uint64_t number, const schema::BusEvent& event) {
    return events_of(number) + sortable(event.time) + event.event_id;
}

store::Range archive_rows() {
    return store::Range::of_prefix("A/");
}

store::Range deleted_archive_rows() {
    return store::Range::of_prefix("D/");
}

store::Range replay_rows() {
    return store::Range::of_prefix("R/");
}

store::Range all_archived_event_rows() {
    return store::Range::of_prefix("E/");
}

store::Range archived_event_rows(std::uint64_t number) {
    return store::Range::of_prefix(events_of(number));
}

store::Range archived_event_rows(std::uint64_t number, Timestamp from, Timestamp to) {
    return {.from = events_of(number) + sortable(from), .to = events_of(number) + sortable(to)};
}

std::uint64_t archive_number_in(std::string_view key) {
    ONPUT_CHECK(key.size() >= 10);
    std::uint64_t number = 0;
    for (const char byte : key.substr(2, 8))
        number = number << 8U | static_cast<unsigned char>(byte);
    return number;
}

bool is_over(const schema::ReplayInfo& replay) {
    return replay.state >= static_cast<std::uint8_t>(schema::ReplayState::completed);
}

}  // namespace onput::notifier
