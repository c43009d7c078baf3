// Multipart uploads on the core: what a completion makes, what it refuses, and what is left.
#include <algorithm>
#include <set>

#include <gtest/gtest.h>

#include "common/base/digest.hpp"
#include "common/base/encoding.hpp"
#include "services/storage/multipart/checksums.hpp"
#include "services/storage/objects/blob_references.hpp"
#include "tests/services/storage/harness.hpp"

namespace onput::storage {
namespace {

constexpr std::uint64_t part_size = schema::part_bytes_min;

class MultipartTest : public testing::Test, public Harness {
protected:
    MultipartTest() {
        create_bucket("photos");
        sync();
    }

    std::string create(const std::string& key = "film", std::string algorithm = {},
                       std::string type = {}) {
        schema::CreateUpload request;
        request.object.bucket = "photos";
        request.object.key = key;
        request.object.content_type = "video/mp4";
        request.object.tags = {{.key = "kind", .value = "film"}};
        request.checksum_algorithm = std::move(algorithm);
        request.checksum_type = std::move(type);
        Effects effects;
        auto created = core->create_upload(request, caller(), effects);
        commit(effects);
        EXPECT_TRUE(created) << created.error().message;
        return created ? created->upload_id : std::string();
    }

    static std::string md5_of(std::uint32_t number) {
        return to_hex(Digest::of(DigestAlgorithm::md5, std::to_string(number)));
    }

    Result<schema::ObjectPut> put_part(const std::string& id, std::uint32_t number,
                                       std::uint64_t size = part_size,
                                       const std::string& key = "film",
                                       std::vector<schema::Checksum> checksums = {}) {
        auto request = put_request(key, size);
        request.etag = md5_of(number);
        request.checksums = std::move(checksums);
        request.part = {.upload_id = id, .number = number};
        last_blob = {.segment = 0, .id = ++blobs_made, .length = size};
        return put(request, {.bytes = {}, .blob = last_blob});
    }

    static schema::CompleteUpload completion(const std::string& id,
                                             const std::vector<std::uint32_t>& numbers,
                                             const std::string& key = "film") {
        schema::CompleteUpload request{.bucket = "photos", .key = key, .upload_id = id};
        for (const auto number : numbers) {
            request.parts.push_back({.number = number, .etag = md5_of(number)});
        }
        return request;
    }

    Result<schema::UploadCompleted> complete(const schema::CompleteUpload& request) {
        Effects effects;
        auto completed = core->complete_upload(request, caller(), effects);
        unused_blobs = effects.unused_blobs;
        commit(effects);
        return completed;
    }

    Result<schema::Empty> abort(const std::string& id, const std::string& key = "film") {
        Effects effects;
        auto aborted = core->abort_upload({.bucket = "photos", .key = key, .upload_id = id},
                                          caller(), effects);
        unused_blobs = effects.unused_blobs;
        commit(effects);
        return aborted;
    }

    void expect_rows() const {
        const auto rows = core->check_rows();
        EXPECT_TRUE(rows) << rows.error().message;
    }

    std::uint64_t blobs_made = 0;
    store::BlobRef last_blob;
};

TEST_F(MultipartTest, parts_become_an_object_in_one_commit_with_its_event) {
    const std::string id = create();
    ASSERT_TRUE(put_part(id, 2));
    ASSERT_TRUE(put_part(id, 5, 100));
    ASSERT_TRUE(put_part(id, 9, 7));  // Not named by the completion.
    const store::BlobRef left_over = last_blob;
    EXPECT_EQ(reason_of(get("film")), "no_such_key");
    EXPECT_TRUE(events().empty());
    expect_rows();

    const auto completed = complete(completion(id, {2, 5}));
    ASSERT_TRUE(completed) << completed.error().message;
    EXPECT_EQ(unused_blobs, std::vector{left_over});
    EXPECT_TRUE(completed->object.etag.ends_with("-2"));
    const auto object = head("film");
    ASSERT_TRUE(object);
    EXPECT_EQ(object->size_bytes, part_size + 100);
    EXPECT_EQ(object->parts_count, 2U);
    EXPECT_EQ(object->content_type, "video/mp4");
    EXPECT_EQ(object->tags.size(), 1U);
    ASSERT_EQ(events().size(), 1U);
    EXPECT_EQ(events()[0].event_name, "ObjectCreated:CompleteMultipartUpload");
    EXPECT_EQ(events()[0].size_bytes, part_size + 100);
    EXPECT_EQ(events()[0].etag, completed->object.etag);
    expect_rows();
    EXPECT_EQ(reason_of(put_part(id, 1)), "no_such_upload");
}

TEST_F(MultipartTest, a_range_over_a_seam_is_read_from_both_parts) {
    const std::string id = create();
    ASSERT_TRUE(put_part(id, 1));
    const store::BlobRef first = last_blob;
    ASSERT_TRUE(put_part(id, 2, 1000));
    const store::BlobRef second = last_blob;
    ASSERT_TRUE(complete(completion(id, {1, 2})));
    const auto got = get("film", schema::ByteRange{.first = part_size - 10, .last = part_size + 9});
    ASSERT_TRUE(got);
    EXPECT_EQ(
        pieces_of(got->segments, got->got.offset, got->got.length),
        (std::vector<SegmentPiece>{
            {.blob = first, .offset = part_size - 10, .length = 10, .nonce_offset = part_size - 10},
            {.blob = second, .offset = 0, .length = 10}}));
    const auto inside = get("film", schema::ByteRange{.first = 3, .last = 5});
    EXPECT_EQ(inside->segments.size(), 1U);

    schema::GetObject part{.bucket = "photos", .key = "film", .range = {}, .conditions = {}};
    part.part_number = 2;
    const auto one = core->get_object(part, caller());
    ASSERT_TRUE(one);
    EXPECT_EQ(one->got.offset, part_size);
    EXPECT_EQ(one->got.length, 1000U);
    EXPECT_TRUE(one->got.is_partial);
    part.part_number = 3;
    EXPECT_EQ(reason_of(core->get_object(part, caller())), "invalid_part_number");
}

TEST_F(MultipartTest, a_completion_is_refused_in_s3s_words_and_changes_nothing) {
    const std::string id = create();
    ASSERT_TRUE(put_part(id, 1, 10));
    ASSERT_TRUE(put_part(id, 2, 10));
    EXPECT_EQ(reason_of(complete(completion(id, {}))), "malformed_xml");
    EXPECT_EQ(reason_of(complete(completion(id, {2, 1}))), "invalid_part_order");
    EXPECT_EQ(reason_of(complete(completion(id, {1, 1}))), "invalid_part_order");
    EXPECT_EQ(reason_of(complete(completion(id, {1, 3}))), "invalid_part");
    EXPECT_EQ(reason_of(complete(completion(id, {1, 2}))), "part_too_small");
    auto other_etag = completion(id, {2});
    other_etag.parts[0].etag = md5_of(7);
    EXPECT_EQ(reason_of(complete(other_etag)), "invalid_part");
    auto other_size = completion(id, {2});
    other_size.size_bytes = 11;
    EXPECT_EQ(reason_of(complete(other_size)), "object_size_mismatch");
    EXPECT_EQ(reason_of(complete(completion("0", {1}))), "no_such_upload");
    EXPECT_EQ(reason_of(complete(completion(id, {1}, "other"))), "no_such_upload");
    auto conditional = completion(id, {2});
    conditional.conditions.if_match = "\"x\"";
    EXPECT_EQ(reason_of(complete(conditional)), "no_such_key");
    EXPECT_TRUE(events().empty());
    expect_rows();
    ASSERT_TRUE(complete(completion(id, {2})));
}

TEST_F(MultipartTest, a_completion_whose_answer_was_lost_is_answered_again) {
    const std::string id = create();
    ASSERT_TRUE(put_part(id, 1));
    const auto first = complete(completion(id, {1}));
    const auto again = complete(completion(id, {1}));
    ASSERT_TRUE(first && again);
    EXPECT_EQ(first->object, again->object);
    EXPECT_EQ(events().size(), 1U);
    // Another request about the same upload is not answered for the first.
    auto other_etag = completion(id, {1});
    other_etag.parts[0].etag = std::string(32, 'a');
    EXPECT_EQ(reason_of(complete(other_etag)), "no_such_upload");
    auto other_size = completion(id, {1});
    other_size.size_bytes = 99;
    EXPECT_EQ(reason_of(complete(other_size)), "no_such_upload");
    auto more_parts = completion(id, {1});
    more_parts.parts.push_back(more_parts.parts[0]);
    EXPECT_EQ(reason_of(complete(more_parts)), "no_such_upload");
    ASSERT_TRUE(Harness::put("film", "newer"));
    EXPECT_EQ(reason_of(complete(completion(id, {1}))), "no_such_upload");
}

TEST_F(MultipartTest, an_abort_leaves_no_row_and_no_blob) {
    const std::string id = create();
    std::set<std::uint64_t> blobs;
    for (std::uint32_t number = 1; number <= 30; ++number) {
        ASSERT_TRUE(put_part(id, number));
        blobs.insert(last_blob.id);
    }
    ASSERT_TRUE(abort(id));
    std::set<std::uint64_t> removed;
    for (const auto& blob : unused_blobs) removed.insert(blob.id);
    EXPECT_EQ(removed, blobs);
    EXPECT_EQ(reason_of(abort(id)), "no_such_upload");
    EXPECT_TRUE(store.scan(partition, store::Range::of_prefix("u/"), 10)->empty());
    EXPECT_TRUE(store.scan(partition, store::Range::of_prefix("p/"), 10)->empty());
    // A put that was under way finds no upload: its blob is unused.
    EXPECT_EQ(reason_of(put_part(id, 1)), "no_such_upload");
    EXPECT_EQ(unused_blobs, std::vector{last_blob});
}

TEST_F(MultipartTest, a_part_again_replaces_the_part) {
    const std::string id = create();
    ASSERT_TRUE(put_part(id, 1));
    const store::BlobRef before = last_blob;
    ASSERT_TRUE(put_part(id, 1, 20));
    EXPECT_EQ(unused_blobs, std::vector{before});
    const auto list =
        core->list_parts({.bucket = "photos", .key = "film", .upload_id = id}, caller());
    ASSERT_TRUE(list);
    ASSERT_EQ(list->parts.size(), 1U);
    EXPECT_EQ(list->parts[0].size_bytes, 20U);
    EXPECT_EQ(reason_of(put_part(id, 0)), "invalid_part_argument");
    EXPECT_EQ(reason_of(put_part(id, schema::part_number_max + 1)), "invalid_part_argument");
}

TEST_F(MultipartTest, an_overwrite_throws_all_parts_away_once_it_is_durable) {
    const std::string id = create();
    std::set<std::uint64_t> parts;
    for (std::uint32_t number = 1; number <= 3; ++number) {
        ASSERT_TRUE(put_part(id, number));
        parts.insert(last_blob.id);
    }
    ASSERT_TRUE(complete(completion(id, {1, 2, 3})));
    ASSERT_TRUE(Harness::put("film", "newer"));
    Effects early;
    core->purge(early);
    EXPECT_TRUE(early.unused_blobs.empty());
    commit(early);
    sync();
    Effects late;
    core->purge(late);
    std::set<std::uint64_t> removed;
    for (const auto& blob : late.unused_blobs) removed.insert(blob.id);
    EXPECT_EQ(removed, parts);
    commit(late);
    EXPECT_TRUE(store.scan(partition, store::Range::of_prefix("x/"), 10)->empty());
    expect_rows();
}

TEST_F(MultipartTest, recovery_asks_parts_and_manifests) {
    const std::string id = create();
    ASSERT_TRUE(put_part(id, 1));
    const store::BlobRef blob = last_blob;
    const store::Owner owner{.partition = std::string(partition), .key = part_row(id, 1)};
    const store::BlobRef other{.segment = 0, .id = 999, .length = blob.length};
    EXPECT_TRUE(*ReferenceReader(store).refers(owner, blob));
    EXPECT_FALSE(*ReferenceReader(store).refers(owner, other));
    ASSERT_TRUE(complete(completion(id, {1})));
    EXPECT_TRUE(*ReferenceReader(store).refers(owner, blob));
    EXPECT_FALSE(*ReferenceReader(store).refers(owner, other));
    std::vector<store::BlobRef> all;
    ASSERT_TRUE(ReferenceReader(store).for_each(
        [&all](const store::BlobRef& found) { all.push_back(found); }));
    EXPECT_EQ(all, std::vector{blob});
}

TEST_F(MultipartTest, a_version_in_the_history_keeps_its_blob) {
    Effects effects;
    ASSERT_TRUE(core->put_versioning({.bucket = "photos", .status = schema::Versioning::enabled},
                                     caller(), effects));
    commit(effects);
    const store::BlobRef blob{.segment = 1, .id = 50, .length = 9'000};
    ASSERT_TRUE(put_blob("a", blob));
    ASSERT_TRUE(Harness::put("a", "newer"));
    EXPECT_TRUE(*ReferenceReader(store).refers(
        {.partition = std::string(partition), .key = object_row("photos", "a")}, blob));
}

TEST_F(MultipartTest, uploads_are_listed_by_key_and_begin_and_page_by_page) {
    std::vector<std::string> expected;
    for (const std::string key : {"a", "b/1", "b/2", "c"}) {
        for (int i = 0; i < 3; ++i) {
            now += std::chrono::seconds(1);
            expected.push_back(key + " " + create(key));
        }
    }
    std::vector<std::string> listed;
    schema::ListUploads request{.bucket = "photos"};
    request.uploads_max = 2;
    while (true) {
        const auto list = core->list_uploads(request, caller());
        ASSERT_TRUE(list);
        for (const auto& upload : list->uploads) {
            listed.push_back(upload.key + " " + upload.upload_id);
        }
        if (!list->is_truncated) break;
        request.after_key = list->next_key;
        request.after_upload_id = list->next_upload_id;
    }
    EXPECT_EQ(listed, expected);
    schema::ListUploads folders{.bucket = "photos"};
    folders.delimiter = "/";
    const auto list = core->list_uploads(folders, caller());
    EXPECT_EQ(list->common_prefixes, std::vector<std::string>{"b/"});
    EXPECT_EQ(list->uploads.size(), 6U);
}

TEST_F(MultipartTest, the_deletion_of_a_bucket_aborts_its_uploads) {
    const std::string id = create();
    ASSERT_TRUE(put_part(id, 1));
    Effects effects;
    ASSERT_TRUE(core->delete_bucket({.name = "photos"}, caller(), effects));
    EXPECT_EQ(effects.unused_blobs, std::vector{last_blob});
    commit(effects);
    EXPECT_TRUE(store.scan(partition, store::Range::of_prefix("u/"), 10)->empty());
    EXPECT_TRUE(store.scan(partition, store::Range::of_prefix("p/"), 10)->empty());
}

TEST_F(MultipartTest, a_retention_is_judged_when_the_upload_begins) {
    Effects effects;
    ASSERT_TRUE(core->create_bucket({.name = "vault", .region = {}, .has_object_lock = true},
                                    caller(), effects));
    commit(effects);
    schema::CreateUpload request;
    request.object.bucket = "vault";
    request.object.key = "film";
    request.object.lock = {.mode = "GOVERNANCE", .retain_until = now + std::chrono::minutes(1)};
    Effects created;
    const auto upload = core->create_upload(request, caller(), created);
    ASSERT_TRUE(upload);
    commit(created);
    auto part = put_request("film", part_size);
    part.bucket = "vault";
    part.etag = md5_of(1);
    part.part = {.upload_id = upload->upload_id, .number = 1};
    ASSERT_TRUE(put(part, {.bytes = {}, .blob = {{.segment = 0, .id = 1, .length = part_size}}}));
    now += std::chrono::minutes(2);
    auto end = completion(upload->upload_id, {1});
    end.bucket = "vault";
    EXPECT_EQ(reason_of(complete(end)), "ok");
}

TEST_F(MultipartTest, a_part_without_the_uploads_checksum_is_refused) {
    const std::string id = create("film", "SHA256", "COMPOSITE");
    const auto put = put_part(id, 1);
    EXPECT_EQ(reason_of(put), "checksum_type_mismatch");
    EXPECT_EQ(put.error().message,
              "Checksum Type mismatch occurred, expected checksum Type: sha256, actual checksum "
              "Type: null");
    // One that the client has not stated is not told of.
    const auto computed = put_part(id, 1, part_size, "film", {{"CRC64NVME", "x"}});
    EXPECT_EQ(computed.error().message, put.error().message);
}

TEST_F(MultipartTest, a_composite_upload_is_completed_with_every_parts_checksum_in_a_row) {
    const std::string id = create("film", "CRC32", "COMPOSITE");
    for (const std::uint32_t number : {1U, 2U, 4U}) {
        ASSERT_TRUE(put_part(id, number, part_size, "film", {{"CRC32", "AAAAAA=="}}));
    }
    const auto stated = [&id](const std::vector<std::uint32_t>& numbers) {
        auto request = completion(id, numbers);
        for (auto& part : request.parts) part.checksums = {{"CRC32", "AAAAAA=="}};
        return request;
    };
    auto without = stated({1, 2});
    without.parts[1].checksums.clear();
    const auto missing = complete(without);
    EXPECT_EQ(reason_of(missing), "invalid_request");
    EXPECT_EQ(missing.error().message,
              "The upload was created using a crc32 checksum. The complete request must include "
              "the checksum for each part. It was missing for part 2 in the request.");
    const auto gap = complete(stated({1, 2, 4}));
    EXPECT_EQ(reason_of(gap), "invalid_request");
    EXPECT_TRUE(gap.error().message.contains("part 4 comes where part 3 must"));
    EXPECT_EQ(reason_of(complete(stated({2}))), "invalid_request");
    EXPECT_EQ(reason_of(complete(stated({1, 2}))), "ok");
}

TEST_F(MultipartTest, a_read_of_a_part_shows_the_parts_checksum) {
    const std::string id = create("film", "CRC32", "COMPOSITE");
    auto end = completion(id, {1, 2});
    for (auto& part : end.parts) {
        const std::string value = part.number == 1 ? "AAAAAA==" : "AAAAAQ==";
        ASSERT_TRUE(put_part(id, part.number, part_size, "film", {{"CRC32", value}}));
        part.checksums = {{"CRC32", value}};
    }
    ASSERT_TRUE(complete(end));
    for (const auto& part : end.parts) {
        const auto read = core->head_object(
            {.bucket = "photos", .key = "film", .conditions = {}, .part_number = part.number},
            caller());
        ASSERT_TRUE(read) << read.error().message;
        EXPECT_EQ(read->checksums, part.checksums);
    }
    EXPECT_TRUE(head("film")->checksums.front().value.ends_with("-2"));
}

TEST_F(MultipartTest, an_upload_names_who_began_it) {
    const std::string id = create();
    const schema::ListParts request{.bucket = "photos", .key = "film", .upload_id = id};
    const auto parts = core->list_parts(request, caller());
    ASSERT_TRUE(parts) << parts.error().message;
    EXPECT_EQ(parts->upload.initiator, schema::principal_arn(caller().principal));
}

TEST_F(MultipartTest, a_full_checksum_is_that_of_all_bytes) {
    std::string whole;
    for (const auto& [name, algorithm] :
         {std::pair{"CRC32", DigestAlgorithm::crc32}, std::pair{"CRC32C", DigestAlgorithm::crc32c},
          std::pair{"CRC64NVME", DigestAlgorithm::crc64nvme}}) {
        std::vector<PartRecord> parts;
        whole.clear();
        for (int i = 1; i <= 4; ++i) {
            const std::string bytes(static_cast<std::size_t>(i) * 1237, static_cast<char>('a' + i));
            whole += bytes;
            PartRecord part;
            part.size_bytes = bytes.size();
            part.checksums = {
                {.algorithm = name, .value = to_base64(Digest::of(algorithm, bytes))}};
            parts.push_back(part);
        }
        EXPECT_EQ(*checksum_of_parts(name, full_object, parts),
                  to_base64(Digest::of(algorithm, whole)));
        EXPECT_TRUE(checksum_of_parts(name, composite, parts)->ends_with("-4"));
        parts[2].checksums.clear();
        EXPECT_EQ(*checksum_of_parts(name, full_object, parts), "");
    }
}

TEST_F(MultipartTest, an_upload_without_an_algorithm_gets_crc64nvme_of_the_whole) {
    const std::string id = create();
    const std::string bytes(part_size, 'x');
    const auto checksum = to_base64(Digest::of(DigestAlgorithm::crc64nvme, bytes));
    ASSERT_TRUE(
        put_part(id, 1, part_size, "film", {{.algorithm = "CRC64NVME", .value = checksum}}));
    const auto completed = complete(completion(id, {1}));
    ASSERT_TRUE(completed);
    EXPECT_EQ(completed->checksums,
              (std::vector<schema::Checksum>{{.algorithm = "CRC64NVME", .value = checksum}}));
    EXPECT_EQ(head("film")->checksum_type, "");
}

TEST(ChecksumTypes, fit_their_algorithms) {
    EXPECT_TRUE(check_checksum_type("CRC32", composite));
    EXPECT_TRUE(check_checksum_type("CRC32C", full_object));
    EXPECT_FALSE(check_checksum_type("CRC64NVME", composite));
    EXPECT_FALSE(check_checksum_type("SHA1", full_object));
    EXPECT_FALSE(check_checksum_type("MD4", composite));
    EXPECT_FALSE(check_checksum_type("CRC32", "HALF"));
}

}  // namespace
}  // namespace onput::storage
