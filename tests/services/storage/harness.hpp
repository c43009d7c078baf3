// A storage core with a memory store, driven in the domain's words. Time is a variable.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "common/store/readable_view.hpp"
#include "services/storage/core.hpp"
#include "services/storage/objects/records.hpp"
#include "tests/support/memory_store.hpp"

namespace onput::storage {

inline constexpr std::string_view owner_account = "000000000000";
inline constexpr std::uint64_t inline_max = 8 * 1024;

// The reason of a failed result; "ok" when it did not fail.
template <typename T>
std::string reason_of(const Result<T>& result) {
    return result ? std::string("ok") : result.error().reason;
}

template <typename T>
std::string detail_of(const Result<T>& result, std::string_view name) {
    if (result) return {};
    for (const auto& [key, value] : result.error().details) {
        if (key == name) return value;
    }
    return {};
}

class Harness {
public:
    Harness() { start(); }

    // A new life of the process on what the store has.
    void start() {
        readable = std::make_unique<store::ReadableView>(store, nullptr);
        core = std::make_unique<StorageCore>(store,
                                             StorageCore::Options{.region = "us-east-1",
                                                                  .boot = {},
                                                                  .inline_bytes_max = inline_max,
                                                                  .free_bytes_min = 1000,
                                                                  .start_view = readable.get(),
                                                                  .endpoints = endpoints,
                                                                  .new_secret = secrets()},
                                             Random(seed++));
        Effects effects;
        EXPECT_TRUE(core->restore(now, effects));
        unused_blobs = effects.unused_blobs;
        commit(effects);
        store.sync();
    }

    // As foretellable as everything here.
    static NewSecret secrets() {
        return [random = std::make_shared<Random>(7)](std::size_t count) {
            std::string bytes;
            while (bytes.size() < count) bytes += static_cast<char>(random->below(256));
            return bytes;
        };
    }

    void crash() {
        store.crash();
        start();
    }

    // What was committed survives from here on.
    void sync() {
        store.sync();
        core->on_durable(core->last_number());
    }

    void commit(Effects& effects) {
        for (auto& change : effects.changes) {
            core->before_commit(change);
            ASSERT_TRUE(store.commit(std::move(change.batch)));
        }
        core->check_invariants();
    }

    Caller caller(std::string account = std::string(owner_account)) const {
        return {.principal = {.account = std::move(account), .id = "AKID"},
                .trace = {.trace_id = "", .cause_event_id = cause, .depth = depth},
                .now = now};
    }

    Result<schema::BucketInfo> create_bucket(const std::string& name, std::string region = {}) {
        Effects effects;
        auto reply =
            core->create_bucket({.name = name, .region = std::move(region)}, caller(), effects);
        commit(effects);
        return reply;
    }

    Result<schema::ObjectPut> put(const schema::PutObject& request, Content content) {
        Effects effects;
        auto reply = core->put_object(request, std::move(content), caller(), effects);
        unused_blobs = effects.unused_blobs;
        commit(effects);
        return reply;
    }

    static schema::PutObject put_request(const std::string& key, std::uint64_t size) {
        schema::PutObject request;
        request.bucket = "photos";
        request.key = key;
        request.size_bytes = size;
        request.etag = "e" + std::to_string(size);
        return request;
    }

    Result<schema::ObjectPut> put(const std::string& key, const std::string& bytes) {
        return put(put_request(key, bytes.size()), {.bytes = bytes});
    }

    Result<schema::ObjectPut> put_blob(const std::string& key, const store::BlobRef& blob) {
        return put(put_request(key, blob.length), {.blob = blob});
    }

    Result<schema::ObjectDeleted> remove(const std::string& key,
                                         schema::Conditions conditions = {}) {
        schema::DeleteObject request;
        request.bucket = "photos";
        request.key = key;
        request.conditions = std::move(conditions);
        Effects effects;
        auto reply = core->delete_object(request, caller(), effects);
        commit(effects);
        return reply;
    }

    Result<Reading> get(const std::string& key, std::optional<schema::ByteRange> range = {},
                        schema::Conditions conditions = {}) const {
        return core->get_object(
            {.bucket = "photos", .key = key, .range = range, .conditions = std::move(conditions)},
            caller());
    }

    Result<schema::ObjectInfo> head(const std::string& key) const {
        return core->head_object({.bucket = "photos", .key = key}, caller());
    }

    Result<schema::Empty> set_rules(std::vector<schema::NotificationRule> rules) {
        schema::PutNotification request;
        request.bucket = "photos";
        request.configuration.rules = std::move(rules);
        request.skip_destination_validation = true;
        ONPUT_TRY(const auto checked, core->check_notification(request, caller()));
        Effects effects;
        auto reply = core->put_notification("photos", checked, {}, caller(), effects);
        commit(effects);
        return reply;
    }

    // Every event in the outbox rows, by number.
    std::vector<schema::ObjectEvent> events() const {
        std::vector<schema::ObjectEvent> found;
        const auto rows = store.scan(partition, store::Range::of_prefix("e/"), 1000);
        for (const auto& row : *rows) {
            found.push_back(*schema::decode<schema::ObjectEvent>(row.value));
        }
        return found;
    }

    support::MemoryStore store;
    std::unique_ptr<store::ReadableView> readable;
    std::unique_ptr<StorageCore> core;
    std::vector<store::BlobRef> unused_blobs;  // Of the last put or start.
    Timestamp now = from_seconds(1'795'000'000);
    std::string cause;
    std::uint32_t depth = 0;
    Endpoints endpoints;  // Of the next life.
    std::uint64_t seed = 1;
};

inline schema::ListObjects whole_bucket() {
    schema::ListObjects request;
    request.bucket = "photos";
    return request;
}

inline schema::NotificationRule queue_rule(std::string event, std::string prefix = {},
                                           std::string suffix = {}) {
    schema::NotificationRule rule;
    rule.destination_arn = "arn:aws:sqs:us-east-1:000000000000:jobs";
    rule.events = {std::move(event)};
    if (!prefix.empty()) rule.filter.push_back({.name = "prefix", .value = std::move(prefix)});
    if (!suffix.empty()) rule.filter.push_back({.name = "suffix", .value = std::move(suffix)});
    return rule;
}

inline schema::NotificationRule function_rule(std::string event, std::string prefix = {}) {
    auto rule = queue_rule(std::move(event), std::move(prefix));
    rule.kind = schema::DestinationKind::function;
    rule.destination_arn = "arn:aws:lambda:us-east-1:000000000000:function:speech";
    return rule;
}

}  // namespace onput::storage
