// Keys of the rows of archives and replays (archive_book.hpp).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "common/schema/archives.hpp"
#include "common/store/store.hpp"

namespace onput::notifier {

std::string archive_key(std::string_view arn);
std::string deleted_archive_key(std::uint64_t number);
std::string replay_key(std::string_view arn);
// By the time of the event, then by its id.
std::string archived_event_key(std::uint64_t number, const schema::BusEvent& event);

store::Range archive_rows();
store::Range deleted_archive_rows();
store::Range replay_rows();
store::Range all_archived_event_rows();
store::Range archived_event_rows(std::uint64_t number);
// Of events from one time on, before another one.
store::Range archived_event_rows(std::uint64_t number, Timestamp from, Timestamp to);

std::uint64_t archive_number_in(std::string_view archived_event_key);

bool is_over(const schema::ReplayInfo& replay);

}  // namespace onput::notifier
