// Results of jobs that several workers make: uploads in parts, against what has become of their
// source meanwhile.
#include <gtest/gtest.h>

#include "tests/services/storage/harness.hpp"

namespace onput::storage {
namespace {

class ResultUploadTest : public testing::Test, public Harness {
protected:
    ResultUploadTest() {
        create_bucket("photos");
        sequencer = put("text", "long")->sequencer;
    }
    // `is_of_an_object`: else of nothing that could be replaced meanwhile.
    Result<schema::UploadCreated> begin(const std::string& job, bool is_of_an_object = true) {
        schema::CreateUpload request;
        request.object.bucket = "photos";
        request.object.key = "speech";
        request.object.idempotency_key = job;
        request.object.metadata = {{"voice", "vi"}};
        if (is_of_an_object)
            request.object.source = {.bucket = "photos", .key = "text", .sequencer = sequencer};
        Effects effects;
        auto created = core->create_upload(request, caller(), effects);
        commit(effects);
        return created;
    }
    Result<schema::UploadCompleted> complete(const schema::CompleteUpload& request) {
        Effects effects;
        auto completed = core->complete_upload(request, caller(), effects);
        commit(effects);
        return completed;
    }
    Result<schema::ObjectPut> put_part(const std::string& id, std::uint32_t number,
                                       std::uint64_t size, const std::string& key) {
        auto request = put_request(key, size);
        request.etag = etag;
        request.part = {.upload_id = id, .number = number};
        return put(request, {.bytes = {},
                             .blob = store::BlobRef{.segment = 0, .id = ++blobs, .length = size}});
    }
    static schema::CompleteUpload completion(const std::string& id,
                                             const std::vector<std::uint32_t>& numbers,
                                             const std::string& key) {
        schema::CompleteUpload request{.bucket = "photos", .key = key, .upload_id = id};
        for (const auto number : numbers) request.parts.push_back({.number = number, .etag = etag});
        return request;
    }

    static inline const std::string etag = std::string(32, 'e');
    std::string sequencer;
    std::uint64_t blobs = 0;
};

TEST_F(ResultUploadTest, a_job_that_runs_twice_begins_one_upload) {
    const auto first = begin("job 1");
    ASSERT_TRUE(first);
    EXPECT_EQ(begin("job 1")->upload_id, first->upload_id);
    EXPECT_NE(begin("job 2")->upload_id, first->upload_id);
}

TEST_F(ResultUploadTest, a_job_whose_result_is_there_begins_no_other) {
    const std::string id = begin("job 1")->upload_id;
    ASSERT_TRUE(put_part(id, 1, 5, "speech"));
    ASSERT_TRUE(complete(completion(id, {1}, "speech")));
    EXPECT_EQ(reason_of(begin("job 1")), "superseded");
    EXPECT_TRUE(begin("job 2"));
}

TEST_F(ResultUploadTest, a_job_of_no_object_is_known_again_too) {
    const std::string id = begin("task", false)->upload_id;
    EXPECT_EQ(begin("task", false)->upload_id, id);
    ASSERT_TRUE(put_part(id, 1, 5, "speech"));
    ASSERT_TRUE(put_part(id, schema::part_number_max, 7, "speech"));
    ASSERT_TRUE(complete(completion(id, {schema::part_number_max}, "speech")));
    EXPECT_EQ(head("speech")->size_bytes, 7U);
    EXPECT_EQ(reason_of(begin("task", false)), "superseded");
}

TEST_F(ResultUploadTest, an_upload_is_found_without_beginning_one) {
    const auto find = [&] {
        return core->find_begun_upload(
            {.bucket = "photos", .key = "speech", .idempotency_key = "job 1"}, caller());
    };
    EXPECT_EQ(reason_of(find()), "no_such_upload");
    EXPECT_TRUE(core->list_uploads({.bucket = "photos"}, caller())->uploads.empty());
    const std::string id = begin("job 1")->upload_id;
    EXPECT_TRUE(begin("job 2"));
    EXPECT_EQ(find()->upload_id, id);
    ASSERT_TRUE(put_part(id, 1, 5, "speech"));
    ASSERT_TRUE(complete(completion(id, {1}, "speech")));
    EXPECT_EQ(reason_of(find()), "superseded");
    ASSERT_TRUE(put("speech", "somebody else's"));
    EXPECT_EQ(reason_of(find()), "no_such_upload");
}

TEST_F(ResultUploadTest, one_that_was_begun_is_found_when_its_source_was_replaced) {
    const std::string id = begin("job 1")->upload_id;
    ASSERT_TRUE(put("text", "newer"));
    EXPECT_EQ(begin("job 1")->upload_id, id);
    EXPECT_EQ(reason_of(begin("job 2")), "superseded");
}

TEST_F(ResultUploadTest, its_parts_may_have_any_size_and_its_metadata_come_last) {
    const std::string id = begin("job")->upload_id;
    ASSERT_TRUE(put_part(id, 1, 5, "speech"));
    ASSERT_TRUE(put_part(id, 2, 7, "speech"));
    auto request = completion(id, {1, 2}, "speech");
    request.metadata = {{"duration", "12"}};
    ASSERT_TRUE(complete(request));
    const auto made = head("speech");
    EXPECT_EQ(made->size_bytes, 12U);
    EXPECT_EQ(made->metadata,
              (std::map<std::string, std::string>{{"duration", "12"}, {"voice", "vi"}}));
    // A client's completion says nothing of metadata.
    schema::CreateUpload film;
    film.object.bucket = "photos";
    film.object.key = "film";
    Effects effects;
    const std::string film_id = core->create_upload(film, caller(), effects)->upload_id;
    commit(effects);
    ASSERT_TRUE(put_part(film_id, 1, 5, "film"));
    auto of_client = completion(film_id, {1}, "film");
    of_client.metadata = {{"duration", "12"}};
    ASSERT_TRUE(complete(of_client));
    EXPECT_TRUE(head("film")->metadata.empty());
}

TEST_F(ResultUploadTest, a_part_can_be_read_by_a_service_until_the_upload_ends) {
    const std::string id = begin("job")->upload_id;
    ASSERT_TRUE(put_part(id, 1, 5, "speech"));
    ASSERT_TRUE(put_part(id, 10'000, 500, "speech"));
    schema::GetObject request{.bucket = "photos", .key = "speech"};
    request.range = {.first = 100, .last = 199};
    request.upload = {.upload_id = id, .number = 10'000};
    const auto reading = core->get_object(request, caller());
    ASSERT_TRUE(reading) << reading.error().message;
    EXPECT_EQ(reading->got.offset, 100U);
    EXPECT_EQ(reading->got.length, 100U);
    EXPECT_EQ(reading->got.object.size_bytes, 500U);
    EXPECT_EQ(reading->got.object.etag, etag);
    ASSERT_EQ(reading->segments.size(), 1U);
    EXPECT_EQ(reading->segments[0].blob.id, blobs);
    EXPECT_EQ(reading->stored.blob, reading->segments[0].blob);

    request.upload->number = 2;
    EXPECT_EQ(reason_of(core->get_object(request, caller())), "no_such_part");
    request.upload->number = 1;
    EXPECT_EQ(reason_of(core->get_object(request, caller())), "invalid_range");
    ASSERT_TRUE(complete(completion(id, {1}, "speech")));
    EXPECT_EQ(reason_of(core->get_object(request, caller())), "no_such_upload");
    EXPECT_EQ(head("speech")->size_bytes, 5U);
}

TEST_F(ResultUploadTest, a_part_is_read_in_pieces) {
    const std::string id = begin("job")->upload_id;
    ASSERT_TRUE(put_part(id, 1, schema::chunk_bytes_max + 1, "speech"));
    schema::GetObject request{.bucket = "photos", .key = "speech"};
    request.upload = {.upload_id = id, .number = 1};
    EXPECT_EQ(reason_of(core->get_object(request, caller())), "invalid_range");
    request.range = {.first = 1, .last = schema::chunk_bytes_max};
    EXPECT_EQ(reason_of(core->get_object(request, caller())), "ok");
}

TEST_F(ResultUploadTest, it_is_not_completed_once_its_source_is_replaced) {
    const std::string id = begin("job")->upload_id;
    ASSERT_TRUE(put_part(id, 1, 5, "speech"));
    ASSERT_TRUE(put("text", "longer"));
    EXPECT_EQ(complete(completion(id, {1}, "speech")).error().reason, "superseded");
    EXPECT_FALSE(get("speech"));
}

TEST_F(ResultUploadTest, it_replaces_nothing_but_an_earlier_result_of_its_source) {
    const std::string id = begin("job")->upload_id;
    ASSERT_TRUE(put_part(id, 1, 5, "speech"));
    ASSERT_TRUE(put("speech", "a user's own"));
    EXPECT_EQ(complete(completion(id, {1}, "speech")).error().reason, "result_exists");
    EXPECT_EQ(get("speech")->bytes, "a user's own");
}

}  // namespace
}  // namespace onput::storage
