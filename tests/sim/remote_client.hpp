// RemoteClient: what clients of remote_sim's bucket do: put, copy, upload in parts, tag, hold and
// delete. Copies are made as the gateway makes them: what is read is put.
#pragma once

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "common/base/digest.hpp"
#include "common/base/encoding.hpp"
#include "common/schema/bucket_configuration.hpp"
#include "common/schema/replication.hpp"
#include "common/schema/storage_uploads.hpp"
#include "common/schema/storage_versions.hpp"
#include "tests/sim/replicating_storage.hpp"

namespace onput::sim {

inline constexpr const char* source = "source";
inline constexpr const char* backup = "backup";
inline constexpr std::uint64_t remote_keys_max = 6;

// What may happen on the way to the endpoint.
enum class RemoteKind { strict, late, unconditional };

class RemoteClient final : public Node {
public:
    struct Parts {
        World& world;
        Requests& requests;
        Node& storage;
        RemoteKind kind;
    };
    explicit RemoteClient(const Parts& parts)
        : Node(parts.world, "client"),
          kind_(parts.kind),
          storage_(parts.requests.connect(*this, parts.storage)) {}

    void stop_writing() { is_writing_ = false; }
    void retry_failed() {
        post(
            [this] { insist(schema::ReplicateObjects{.bucket = source, .is_failed_only = true}); });
    }

private:
    void on_start() override { set_up(); }
    void on_crash() override {}

    template <schema::Message M>
    using Done = std::function<void(const Result<typename M::Reply>&)>;
    // Until it is answered by what storage says of it.
    template <schema::Message M>
    void insist(
        const M& request, const std::string& bytes = {}, const Done<M>& done = [](const auto&) {}) {
        transport::CallOptions options;
        options.principal = {.account = replication_owner, .id = "AKID"};
        if (!bytes.empty()) options.attachments.push_back(transport::Frame::copy_of(bytes));
        transport::call(
            *storage_, request, std::move(options),
            [this, request, bytes, done](const Result<typename M::Reply>& reply,
                                         const std::vector<transport::Frame>&) {
                const bool is_lost = !reply && (reply.error().code == ErrorCode::timeout ||
                                                reply.error().code == ErrorCode::unavailable);
                if (!is_lost) return done(reply);
                after(seconds(1), [this, request, bytes, done] { insist(request, bytes, done); });
            });
    }
    template <schema::Message M>
    void then(const M& request, const std::function<void()>& next) {
        insist(request, {}, [next](const Result<typename M::Reply>&) { next(); });
    }
    void set_up() {
        schema::ReplicationRule rule{.id = "all", .priority = 1, .is_enabled = true};
        rule.destination.bucket = fmt::format("{}{}", schema::bucket_arn_prefix, backup);
        rule.destination.time = {.is_enabled = true, .minutes = 15};
        rule.destination.metrics = {.is_enabled = true, .minutes = 15};
        rule.delete_markers = true;
        const schema::PutBucketConfiguration rules{
            .bucket = source,
            .kind = schema::BucketConfigurationKind::replication,
            .id = {},
            .document = schema::encode(schema::ReplicationConfiguration{
                .role = "arn:aws:iam::0:role/r", .rules = {rule}})};
        then(schema::CreateBucket{.name = source}, [this, rules] {
            then(schema::PutVersioning{.bucket = source, .status = schema::Versioning::enabled},
                 [this, rules] {
                     then(schema::PutObjectLock{.bucket = source, .default_retention = {}},
                          [this, rules] { then(rules, [this] { act(); }); });
                 });
        });
    }
    void act() {
        after(world_.between(milliseconds(10), seconds(2)), [this] {
            if (!is_writing_) return;
            const std::string key = fmt::format("key {}+", world_.random.below(remote_keys_max));
            switch (world_.random.below(12)) {
                case 0:
                case 1: {
                    if (kind_ == RemoteKind::late) break;
                    insist(schema::DeleteObject{.bucket = source, .key = key});
                    break;
                }
                case 2: delete_version(); break;
                case 3: hold(); break;
                case 4:
                case 5: tag(); break;
                case 6: upload(key); break;
                case 7: copy(key); break;
                default: put(key);
            }
            act();
        });
    }
    std::string new_text() {
        std::string text = fmt::format("text {} ", ++count_);
        text.resize(text.size() + world_.random.below(world_.chance(500) ? 30 : 40'000), 'x');
        return text;
    }
    static schema::PutObject object_of(const std::string& key, const std::string& text) {
        schema::PutObject object{.bucket = source, .key = key, .size_bytes = text.size()};
        object.etag = to_hex(Digest::of(DigestAlgorithm::md5, text));
        return object;
    }
    void put(const std::string& key) {
        const std::string text = new_text();
        auto object = object_of(key, text);
        object.metadata = {{"count", fmt::format("{}", count_)}};
        put(object, text);
    }
    void put(const schema::PutObject& object, const std::string& text) {
        insist(object, text, [this, object, text](const Result<schema::ObjectPut>& made) {
            if (!made) return;
            versions_.emplace_back(object.key, made->version_id);
            texts_[made->version_id] = text;
        });
    }
    // As the gateway copies: what is read is put elsewhere. Where writes are late no two versions
    // have equal bytes, by which alone a condition tells them apart.
    void copy(const std::string& key) {
        read_some(false, [this, key](const std::string& bytes) {
            const std::string text = kind_ == RemoteKind::late ? bytes + new_text() : bytes;
            auto object = object_of(key, text);
            object.event_name = "ObjectCreated:Copy";
            put(object, text);
        });
    }
    // A version, or a range of it; nothing when it cannot be had now.
    void read_some(bool is_range, const std::function<void(const std::string&)>& next) {
        schema::GetObject request;
        if (!aim(request)) return;
        const std::string text = texts_[request.version_id];
        std::uint64_t first = 0;
        std::uint64_t last = text.size() - 1;
        if (is_range) {
            first = world_.random.below(text.size());
            last = first + world_.random.below(text.size() - first);
            request.range = schema::ByteRange{.first = first, .last = last};
        }
        const std::string expected = text.substr(first, last - first + 1);
        transport::CallOptions options;
        options.principal = {.account = replication_owner, .id = "AKID"};
        transport::call(*storage_, request, std::move(options),
                        [this, expected, next](const Result<schema::ObjectGot>& got,
                                               const std::vector<transport::Frame>& frames) {
                            if (!got) return;
                            std::string bytes;
                            for (const auto& frame : frames) bytes += frame.view();
                            world_.expect(got->read_id == 0 && bytes == expected,
                                          "a version to be copied has other bytes");
                            next(bytes);
                        });
    }
    void upload(const std::string& key) {
        schema::CreateUpload request;
        request.object.bucket = source;
        request.object.key = key;
        insist(request, {}, [this, key](const Result<schema::UploadCreated>& created) {
            if (created) put_part({.bucket = source, .key = key, .upload_id = created->upload_id});
        });
    }
    void put_part(const schema::CompleteUpload& upload) {
        if (upload.parts.size() == 3) return insist(upload);
        if (!versions_.empty() && world_.chance(300)) {
            return read_some(true,
                             [this, upload](const std::string& bytes) { put_part(upload, bytes); });
        }
        put_part(upload, new_text());
    }
    void put_part(const schema::CompleteUpload& upload, const std::string& text) {
        auto part = object_of(upload.key, text);
        part.part = {.upload_id = upload.upload_id,
                     .number = static_cast<std::uint32_t>(upload.parts.size() + 1)};
        auto next = upload;
        next.parts.push_back({.number = part.part->number, .etag = part.etag});
        insist(part, text, [this, next](const Result<schema::ObjectPut>& made) {
            if (made) put_part(next);
        });
    }
    // A version, the later the likelier.
    template <typename Request>
    bool aim(Request& request) {
        if (versions_.empty()) return false;
        const std::size_t age =
            std::min(world_.random.below(versions_.size()), world_.random.below(versions_.size()));
        const auto& [key, id] = versions_[versions_.size() - 1 - age];
        request.bucket = source;
        request.key = key;
        request.version_id = id;
        return true;
    }
    void tag() {
        schema::PutTags request;
        if (!aim(request)) return;
        request.tags = {{.key = "tag", .value = fmt::format("{}", ++count_)}};
        insist(request);
    }
    void hold() {
        schema::PutLegalHold request{.is_on = true};
        if (aim(request)) insist(request);
    }
    void delete_version() {
        schema::DeleteObject request;
        if (aim(request)) insist(request);
    }

    const RemoteKind kind_;
    std::unique_ptr<transport::RequestClient> storage_;
    bool is_writing_ = true;
    std::uint64_t count_ = 0;
    std::vector<std::pair<std::string, std::string>> versions_;
    std::map<std::string, std::string> texts_;  // By version id.
};

}  // namespace onput::sim
