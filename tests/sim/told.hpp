// What storage's events said of versions that are replicated.
#pragma once

#include <map>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "common/schema/events.hpp"
#include "common/schema/replication.hpp"

namespace onput::sim {

// Bucket, key and version id.
using Place = std::tuple<std::string, std::string, std::string>;

// What events said of versions, and of them at one destination.
struct Told {
    struct Replication {
        bool has_failed = false;
        bool is_late = false;  // And nothing came of it yet.
    };
    std::map<Place, int> created;
    std::map<std::pair<Place, std::string>, Replication> replications;

    explicit Told(const std::vector<schema::ObjectEvent>& events) {
        for (const auto& event : events) {
            const Place place{event.bucket, event.key, event.version_id};
            if (event.event_name == "ObjectCreated:Put") ++created[place];
            if (!event.replication) continue;
            const std::string destination =
                event.replication->destination_bucket.substr(schema::bucket_arn_prefix.size());
            auto& told = replications[{place, destination}];
            if (event.event_name == "Replication:OperationMissedThreshold") told.is_late = true;
            if (event.event_name == "Replication:OperationReplicatedAfterThreshold")
                told.is_late = false;
            if (event.event_name != "Replication:OperationFailedReplication") continue;
            told = {.has_failed = true};
        }
    }

    // What became of the version in that bucket, by its record, has to have been told.
    [[nodiscard]] Replication of(const Place& place, const std::string& destination) const {
        const auto found = replications.find({place, destination});
        return found == replications.end() ? Replication() : found->second;
    }
};

}  // namespace onput::sim
