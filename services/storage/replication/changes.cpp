#include "services/storage/replication/changes.hpp"

#include <algorithm>

namespace onput::storage {
namespace {

using schema::ReplicatedChange;
using schema::ReplicatedPart;
using schema::ReplicationStatus;
using schema::ReplicationTarget;

// Of `part` itself, or of the whole version; 0: there is none.
std::uint64_t sequencer_of(const ReplicationTarget& target, ReplicatedPart part) {
    const auto found = std::ranges::find(target.changes, part, &ReplicatedChange::part);
    return found == target.changes.end() ? 0 : found->sequencer;
}

// The replica's own change of that part goes to the source, and is the later one.
bool is_overtaken(const ReplicaUpdate& update, const ObjectRecord& replica, ReplicatedPart part) {
    const auto& targets = replica.replication.targets;
    const auto back = std::ranges::find(targets, update.source, &ReplicationTarget::destination);
    if (back == targets.end() || back->status != ReplicationStatus::pending) return false;
    return sequencer_of(*back, part) > sequencer_of(update.target, part);
}

}  // namespace

std::string_view operation_of(ReplicatedPart part, const ObjectRecord& record) {
    switch (part) {
        case ReplicatedPart::tags: return "OBJECT_PUT_TAGGING";
        case ReplicatedPart::acl: return "OBJECT_PUT_ACL";
        case ReplicatedPart::retention: return "OBJECT_PUT_RETENTION";
        case ReplicatedPart::legal_hold: return "OBJECT_PUT_LEGAL_HOLD";
        case ReplicatedPart::whole: break;
    }
    return record.is_delete_marker ? "OBJECT_DELETE" : "OBJECT_PUT";
}

void add_change(ReplicationTarget& target, const ReplicatedChange& change) {
    const auto found = std::ranges::find(target.changes, change.part, &ReplicatedChange::part);
    if (found == target.changes.end()) {
        target.changes.push_back(change);
    } else {
        found->sequencer = std::max(found->sequencer, change.sequencer);
    }
}

// What an older version of this service made pending took everything along.
void name_changes(ReplicationTarget& target) {
    if (!target.changes.empty() || target.operation.empty()) return;
    if (target.operation == "OBJECT_PUT" || target.operation == "OBJECT_DELETE")
        return target.changes.push_back({.part = ReplicatedPart::whole});
    using enum ReplicatedPart;
    for (const auto part : {tags, acl, retention, legal_hold})
        target.changes.push_back({.part = part});
}

bool has_change(const ReplicationTarget& target, ReplicatedPart part) {
    ReplicationTarget named{.operation = target.operation, .changes = target.changes};
    name_changes(named);
    return std::ranges::find(named.changes, part, &ReplicatedChange::part) != named.changes.end();
}

void take_over(const ReplicaUpdate& update, ObjectRecord& replica) {
    const ObjectRecord& original = update.original;
    const bool is_whole = has_change(update.target, ReplicatedPart::whole);
    const auto takes = [&](ReplicatedPart part) {
        return is_whole || has_change(update.target, part);
    };
    if (takes(ReplicatedPart::tags) && !is_overtaken(update, replica, ReplicatedPart::tags))
        replica.tags = original.tags;
    if (takes(ReplicatedPart::acl) && !is_overtaken(update, replica, ReplicatedPart::acl)) {
        replica.acl.reset();
        if (update.takes_acl) replica.acl = original.acl;
    }
    if (!update.takes_lock) return;
    if (takes(ReplicatedPart::retention))
        replica.lock = stronger_retention(replica.lock, original.lock, update.times);
    if (takes(ReplicatedPart::legal_hold)) {
        replica.lock.has_legal_hold |= original.lock.has_legal_hold;
        replica.lock.was_hold_set |= original.lock.was_hold_set;
    }
}

}  // namespace onput::storage
