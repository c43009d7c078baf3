// What `onput status` and `onput doctor` say of the endpoints that buckets are replicated to. Pure.
#pragma once

#include <string>
#include <string_view>

#include "common/schema/replication.hpp"

namespace onput::ctl {

// It failed when it was last asked.
bool has_failed(const schema::ReplicationEndpoint& endpoint);
// "answers", "fails", "left alone", "not asked yet"
std::string_view state_of(const schema::ReplicationEndpoint& endpoint);
// "2 versions (5 KiB) wait for https://...: backup: no answer in time"; empty: nothing is wrong.
std::string complaint_of(const schema::ReplicationEndpoint& endpoint);

}  // namespace onput::ctl
