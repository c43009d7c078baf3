#include "tests/sim/vault_node.hpp"

#include <deque>
#include <map>

#include "common/base/digest.hpp"
#include "common/base/encoding.hpp"

namespace onput::sim {
namespace {

constexpr int tries_max = 3;
constexpr Duration locked_for = std::chrono::days(1);
constexpr std::string_view locked_text = "locked ";

std::string etag_of(std::string_view bytes) {
    return to_hex(Digest::of(DigestAlgorithm::md5, bytes));
}

std::string etag_of_parts(const std::vector<std::string>& parts) {
    Digest digest(DigestAlgorithm::md5);
    for (const auto& part : parts) digest.update(Digest::of(DigestAlgorithm::md5, part));
    return to_hex(digest.finish()) + "-" + std::to_string(parts.size());
}

}  // namespace

// --- The client -------------------------------------------------------------------------------

template <schema::Message M, typename Done>
void VaultNode::ask(const M& request, std::string bytes, int tries_left, Done done) {
    transport::CallOptions options;
    options.principal = {.account = account, .id = "AKID"};
    if (!bytes.empty()) options.attachments.push_back(transport::Frame::copy_of(bytes));
    transport::call(*storage_, request, std::move(options),
                    [this, request, bytes, tries_left, done](const Result<typename M::Reply>& reply,
                                                             const auto&) {
                        const bool is_lost =
                            !reply && (reply.error().code == ErrorCode::timeout ||
                                       reply.error().code == ErrorCode::unavailable);
                        if (is_lost && tries_left > 0) {
                            return ask(request, bytes, tries_left - 1, done);
                        }
                        done(reply);
                    });
}

void VaultNode::on_start() {
    rest();
}

void VaultNode::rest() {
    after(world_.chance(600) ? world_.between(Duration(100), milliseconds(20))
                             : world_.between(milliseconds(20), seconds(6)),
          [this] { is_stopped_ ? clean_up() : act(); });
}

std::string VaultNode::choose_key() {
    return "v" + std::to_string(world_.random.below(3));
}

std::string VaultNode::new_text(std::size_t bytes_max) {
    std::string text = "text " + std::to_string(++texts_) + " ";
    text.resize(text.size() + world_.random.below(bytes_max), 'x');
    return text;
}

void VaultNode::act() {
    switch (world_.random.below(10)) {
        case 0:
        case 1:
        case 2: return put();
        case 3:
        case 4: return remove();
        case 5:
        case 6: return remove_many();
        default: return upload();
    }
}

void VaultNode::put() {
    const bool is_locked = world_.chance(100);
    std::string text = new_text(world_.chance(500) ? 50 : 20'000);
    if (is_locked) text.insert(0, locked_text);
    schema::PutObject object{.bucket = vault, .key = choose_key(), .size_bytes = text.size()};
    if (is_locked) {
        object.lock = {.mode = "COMPLIANCE", .retain_until = world_.true_time() + locked_for};
    }
    object.etag = etag_of(text);
    changes_.intended(object, text);
    ask(object, text, tries_max, [this, key = object.key](const Result<schema::ObjectPut>& put) {
        if (put) {
            changes_.acknowledged(put->event_id);
            versions_.push_back(key + " " + put->version_id);
        }
        rest();
    });
}

void VaultNode::remove() {
    schema::DeleteObject request{.bucket = vault, .key = choose_key()};
    if (!versions_.empty() && world_.chance(500)) {
        const std::string& version = versions_[world_.random.below(versions_.size())];
        request.key = version.substr(0, version.find(' '));
        request.version_id = version.substr(version.find(' ') + 1);
    }
    ask(request, {}, tries_max, [this](const Result<schema::ObjectDeleted>& deleted) {
        if (deleted && !deleted->event_id.empty()) changes_.acknowledged(deleted->event_id);
        rest();
    });
}

// With the same key more than once: each entry sees what the last one did.
void VaultNode::remove_many() {
    schema::DeleteObjects request{.bucket = vault};
    const std::uint64_t count = 1 + world_.random.below(4);
    for (std::uint64_t i = 0; i < count; ++i) {
        schema::DeleteEntry entry{.key = choose_key()};
        if (!versions_.empty() && world_.chance(700)) {
            const std::string& version = versions_[world_.random.below(versions_.size())];
            entry.key = version.substr(0, version.find(' '));
            entry.version_id = version.substr(version.find(' ') + 1);
        }
        request.entries.push_back(std::move(entry));
    }
    ask(request, {}, tries_max, [this](const Result<schema::ObjectsDeleted>& deleted) {
        for (const auto& entry : deleted ? deleted->entries : std::vector<schema::DeletedEntry>()) {
            if (!entry.deleted.event_id.empty()) changes_.acknowledged(entry.deleted.event_id);
        }
        rest();
    });
}

// --- Uploads in parts -------------------------------------------------------------------------

void VaultNode::upload() {
    Upload upload{.key = choose_key()};
    const std::uint64_t count = 1 + world_.random.below(3);
    for (std::uint64_t i = 0; i < count; ++i) upload.parts.push_back(new_text(15'000));
    upload.is_abandoned = world_.chance(150);
    schema::CreateUpload request;
    request.object.bucket = vault;
    request.object.key = upload.key;
    ask(request, {}, tries_max, [this, upload](const Result<schema::UploadCreated>& created) {
        if (!created) return rest();
        Upload begun = upload;
        begun.id = created->upload_id;
        put_part(std::move(begun));
    });
}

void VaultNode::put_part(Upload upload) {
    if (upload.next == upload.parts.size()) {
        if (upload.is_abandoned) return rest();
        return complete(upload);
    }
    const std::string& bytes = upload.parts[upload.next];
    schema::PutObject part{.bucket = vault, .key = upload.key, .size_bytes = bytes.size()};
    part.etag = etag_of(bytes);
    part.part = {.upload_id = upload.id, .number = static_cast<std::uint32_t>(upload.next + 1)};
    // Now and then twice: the second put replaces the first.
    if (!world_.chance(100)) ++upload.next;
    ask(part, bytes, tries_max, [this, upload](const Result<schema::ObjectPut>& put) {
        if (!put) return rest();
        put_part(upload);
    });
}

void VaultNode::complete(const Upload& upload) {
    schema::CompleteUpload request{.bucket = vault, .key = upload.key, .upload_id = upload.id};
    std::string whole;
    for (std::size_t i = 0; i < upload.parts.size(); ++i) {
        request.parts.push_back(
            {.number = static_cast<std::uint32_t>(i + 1), .etag = etag_of(upload.parts[i])});
        whole += upload.parts[i];
    }
    schema::PutObject object{.bucket = vault, .key = upload.key};
    object.etag = etag_of_parts(upload.parts);
    changes_.intended(object, whole);
    ask(request, {}, tries_max,
        [this, key = upload.key](const Result<schema::UploadCompleted>& completed) {
            if (completed) {
                changes_.acknowledged(completed->object.event_id);
                versions_.push_back(key + " " + completed->object.version_id);
            }
            rest();
        });
}

// Again and again: a request to begin one may have been late on its way, or doubled.
void VaultNode::clean_up() {
    ask(schema::ListUploads{.bucket = vault}, {}, tries_max,
        [this](const Result<schema::UploadList>& list) {
            is_clean_ = list && list->uploads.empty();
            if (!list || is_clean_) return rest();
            abort(list->uploads);
        });
}

void VaultNode::abort(std::vector<schema::UploadSummary> uploads) {
    if (uploads.empty()) return rest();
    const schema::AbortUpload request{
        .bucket = vault, .key = uploads.back().key, .upload_id = uploads.back().upload_id};
    uploads.pop_back();
    ask(request, {}, tries_max, [this, uploads](const Result<schema::Empty>&) { abort(uploads); });
}

// --- The checks -------------------------------------------------------------------------------

namespace {

struct ModelVersion {
    const Change* change = nullptr;
    std::string id;
    bool is_marker = false;
};

// Of each key, the newest first: what its changes made of it.
std::map<std::string, std::deque<ModelVersion>> model_of(World& world, const Changes& changes) {
    std::map<std::string, std::deque<ModelVersion>> keys;
    for (const Change& change : changes.all()) {
        if (change.event.bucket != vault) continue;
        auto& versions = keys[change.event.key];
        const std::string& id = change.event.version_id;
        if (change.event.event_name == "ObjectRemoved:Delete") {
            std::erase_if(versions, [&](const auto& version) {
                if (version.id != id) return false;
                world.expect(!version.change->body.starts_with(locked_text),
                             "a locked version was removed: " + change.event.key + " " + id);
                return true;
            });
        } else {
            versions.push_front({.change = &change, .id = id, .is_marker = !change.is_created()});
        }
    }
    return keys;
}

}  // namespace

void check_vault(World& world, const Changes& changes, const storage::StorageCore& core,
                 const Changes::Read& read) {
    const storage::Caller caller{
        .principal = {.account = account, .id = "check"}, .trace = {}, .now = world.wall()};
    std::vector<std::string> expected;
    for (const auto& [key, versions] : model_of(world, changes)) {
        for (const auto& version : versions) {
            expected.push_back(key + " " + version.id + (version.is_marker ? " marker" : ""));
            if (version.is_marker) continue;
            schema::GetObject request{.bucket = vault, .key = key};
            request.version_id = version.id;
            const auto got = core.get_object(request, caller);
            if (!got) return world.broken("a version is lost: " + key + " " + version.id);
            changes.check_read(*version.change,
                               {.offset = 0, .length = version.change->body.size()}, read(*got));
        }
    }
    std::vector<std::string> listed;
    schema::ListVersions request{.bucket = vault};
    request.keys_max = 3;
    while (true) {
        const auto list = core.list_versions(request, caller);
        if (!list) return world.broken("the versions cannot be listed: " + list.error().message);
        for (const auto& version : list->versions) {
            listed.push_back(version.object.key + " " + version.version_id +
                             (version.is_delete_marker ? " marker" : ""));
        }
        if (!list->is_truncated) break;
        request.after_key = list->next_key;
        request.after_version_id = list->next_version_id;
    }
    world.expect(listed == expected, "the versions are not what the changes made of them");
    const auto uploads = core.list_uploads({.bucket = vault}, caller);
    world.expect(uploads && uploads->uploads.empty(), "an upload is left");
}

}  // namespace onput::sim
