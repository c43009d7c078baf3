// How the sender of a replica tells another instance that it is none of the originals there.
#pragma once

#include <string_view>

namespace onput::schema {

// A header of the request that makes the object, whatever its value. Who sends it has to be allowed
// replicate_action as well; any other S3 passes over it.
inline constexpr std::string_view replica_header = "x-onput-replica";
// In AccessContext::actions: what the request makes is a replica, which is replicated no further.
inline constexpr std::string_view replicate_action = "ReplicateObject";
// The same of a delete marker.
inline constexpr std::string_view replicate_delete_action = "ReplicateDelete";

}  // namespace onput::schema
