// The runner with storage in memory and a job that reads texts for photos: "photo" is one, anything
// else is damaged; "crash" ends the child.
#include "services/image/runner.hpp"

#include <cstdlib>
#include <fcntl.h>
#include <unistd.h>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "common/recipe/recipe.hpp"
#include "services/image/job.hpp"
#include "tests/services/image/runner_harness.hpp"

namespace onput::image {
namespace {

// Each derivative is its name and everything that was given.
Result<std::string> run_text_job(std::string_view parameters, int input_fd, int output_fd) {
    ONPUT_TRY(const auto job, schema::decode<ImageJob>(parameters));
    ONPUT_TRY(const auto recipe, recipe::parse_recipe(job.recipe));
    std::string input(job.photo_bytes, '\0');
    std::uint64_t all = job.photo_bytes;
    for (const auto& watermark : job.watermarks) all += watermark.bytes;
    input.resize(all);
    if (pread(input_fd, input.data(), input.size(), 0) != static_cast<ssize_t>(input.size()))
        return fail(ErrorCode::internal, "short input");
    if (input.starts_with("crash")) std::abort();
    if (!input.starts_with("photo"))
        return fail(ErrorCode::invalid_argument, job.input_key + " is cut at mèo", "damaged");
    ImageResult result;
    result.photo = {.format = "jpeg", .width = 40, .height = 30, .dominant_color = "#010203"};
    for (const auto& derivative : recipe.derivatives) {
        if (input.ends_with("without " + derivative.name)) {
            result.omitted.push_back(
                {.name = derivative.name, .reason = "bad_recipe", .message = "too tall"});
            continue;
        }
        const std::string bytes = derivative.name + ":" + input;
        if (write(output_fd, bytes.data(), bytes.size()) != static_cast<ssize_t>(bytes.size()))
            return fail(ErrorCode::internal, "short output");
        result.derivatives.push_back({.name = derivative.name,
                                      .content_type = "image/png",
                                      .extension = "png",
                                      .bytes = bytes.size(),
                                      .width = 4,
                                      .height = 3});
    }
    if (input.starts_with("photo of a liar")) result.derivatives.back().bytes += 1;
    return schema::encode(result);
}

class ImageRunnerTest : public RunnerHarness {
protected:
    ImageRunnerTest()
        : RunnerHarness(worker::JobZygote::create({.name = "text", .run = run_text_job})) {}
};

TEST_F(ImageRunnerTest, a_photo_becomes_its_derivatives_and_then_its_sidecar) {
    upload("photo of tom");
    const auto ended = run();
    ASSERT_TRUE(ended) << ended.error().error.message;
    EXPECT_EQ(storage->puts, (std::vector<std::string>{"cats/tom.jpg", "p/cats/tom.small.png",
                                                       "p/cats/tom.web.png", "p/cats/tom.json"}));
    EXPECT_EQ(object("outbox", "p/cats/tom.small.png").bytes, "small:photo of tom");
    EXPECT_EQ(object("outbox", "p/cats/tom.web.png").bytes, "web:photo of tom");
    EXPECT_EQ(object("outbox", "p/cats/tom.web.png").info.content_type, "image/png");
    EXPECT_EQ(object("outbox", "p/cats/tom.web.png").info.metadata.at("onput-source"),
              "s3://inbox/cats/tom.jpg");
    const auto sidecar = nlohmann::json::parse(object("outbox", "p/cats/tom.json").bytes);
    EXPECT_EQ(sidecar["derivatives"][1]["key"], "p/cats/tom.web.png");
    EXPECT_EQ(sidecar["derivatives"][1]["etag"], object("outbox", "p/cats/tom.web.png").info.etag);
    EXPECT_EQ(sidecar["source"]["etag"], etag);

    EXPECT_EQ(ended->summary,
              "jpeg 40x30 from s3://inbox/cats/tom.jpg: small 4x3 0.0 kB, web 4x3 0.0 kB");
    ASSERT_EQ(ended->outputs.size(), 3U);
    EXPECT_EQ(ended->outputs[0].name, "small");
    EXPECT_EQ(ended->outputs[0].width, 4U);
    EXPECT_EQ(ended->outputs[0].size_bytes, 18U);
    EXPECT_EQ(ended->outputs[2].name, "metadata");
    EXPECT_EQ(ended->outputs[2].content_type, "application/json");
    EXPECT_EQ(storage->headers.back().principal.id, "function/photos");
    EXPECT_EQ(storage->headers.back().trace.cause_event_id, "event-1");
}

TEST_F(ImageRunnerTest, an_omitted_derivative_is_named_in_the_outcome_and_the_sidecar) {
    upload("photo without small");
    const auto ended = run();
    ASSERT_TRUE(ended) << ended.error().error.message;
    EXPECT_EQ(ended->summary,
              "jpeg 40x30 from s3://inbox/cats/tom.jpg: web 4x3 0.0 kB; not made: small "
              "(bad_recipe: too tall)");
    EXPECT_EQ(storage->puts,
              (std::vector<std::string>{"cats/tom.jpg", "p/cats/tom.web.png", "p/cats/tom.json"}));
    const auto sidecar = nlohmann::json::parse(object("outbox", "p/cats/tom.json").bytes);
    EXPECT_EQ(sidecar["omitted"][0]["name"], "small");
    EXPECT_EQ(sidecar["derivatives"].size(), 1U);
}

TEST_F(ImageRunnerTest, without_sidecars_there_are_only_derivatives) {
    configuration = configure(R"("sidecar": false)");
    upload("photo");
    ASSERT_TRUE(run());
    EXPECT_EQ(storage->count("outbox", ""), 2U);
}

TEST_F(ImageRunnerTest, large_photos_and_derivatives_pass_in_pieces) {
    upload("photo" + std::string(3'000'000, 'x'));
    ASSERT_TRUE(run());
    EXPECT_EQ(object("outbox", "p/cats/tom.web.png").bytes.size(), 4U + 3'000'005U);
    EXPECT_TRUE(object("outbox", "p/cats/tom.small.png").bytes.starts_with("small:photox"));
}

TEST_F(ImageRunnerTest, watermark_images_follow_the_photo_each_once) {
    configuration = R"({"output": {"bucket": "outbox"}, "derivatives": [{"name": "web", "steps": [
        {"watermark": {"image": "s3://marks/a"}}, {"watermark": {"image": "s3://marks/b"}},
        {"watermark": {"image": "s3://marks/a"}}]}]})";
    storage->add({"marks", "a"}, "[a]");
    storage->add({"marks", "b"}, "[b]");
    upload("photo");
    ASSERT_TRUE(run());
    EXPECT_EQ(object("outbox", "cats/tom.web.png").bytes, "web:photo[a][b]");
}

TEST_F(ImageRunnerTest, a_watermark_that_cannot_be_had_is_named_and_final) {
    configuration = R"({"output": {"bucket": "outbox"}, "derivatives": [{"name": "web", "steps": [
        {"watermark": {"image": "s3://marks/a.png"}}]}]})";
    config.watermark_bytes_max = 5;
    upload("photo");
    const Failed missing = run_failing();
    EXPECT_EQ(missing.code, ErrorCode::invalid_argument);
    EXPECT_EQ(missing.reason, "bad_watermark");
    EXPECT_EQ(missing.message, "watermark s3://marks/a.png: The specified key does not exist.");
    EXPECT_EQ(missing.disposition, "");  // The photo is not at fault.
    storage->add({"marks", "a.png"}, "");
    EXPECT_EQ(run_failing().message, "watermark s3://marks/a.png is empty");
    storage->add({"marks", "a.png"}, "sixsix");
    EXPECT_EQ(run_failing().reason, "bad_watermark");
    die_at("storage.get_object", 2);
    EXPECT_EQ(run_failing().code, ErrorCode::unavailable);
}

TEST_F(ImageRunnerTest, the_objects_metadata_chooses_derivatives) {
    upload("photo", {{"onput-derivatives", "web"}});
    ASSERT_TRUE(run());
    EXPECT_TRUE(storage->has({"outbox", "p/cats/tom.web.png"}));
    EXPECT_FALSE(storage->has({"outbox", "p/cats/tom.small.png"}));
    upload("photo 2", {{"onput-derivatives", "huge"}});
    EXPECT_EQ(run_failing().reason, "bad_derivatives");
}

TEST_F(ImageRunnerTest, a_job_that_ran_twice_makes_each_object_once) {
    upload("photo");
    const auto first = run();
    const auto second = run();
    EXPECT_EQ(storage->puts.size(), 4U);
    ASSERT_TRUE(first && second);
    EXPECT_EQ(*first, *second);
}

TEST_F(ImageRunnerTest, a_job_that_died_anywhere_is_completed_by_its_redelivery) {
    upload("photo");
    for (const int number : {1, 2, 3}) {
        die_at("storage.put_object", number);
        EXPECT_EQ(run_failing().code, ErrorCode::unavailable);
    }
    storage->fault = {};
    ASSERT_TRUE(run());
    EXPECT_EQ(storage->puts.size(), 4U);
}

TEST_F(ImageRunnerTest, an_upload_that_was_replaced_is_taken_as_it_is_now) {
    upload("photo 1");
    const std::string told = etag;
    upload("photo 2");
    etag = told;
    ASSERT_TRUE(run());
    EXPECT_EQ(object("outbox", "p/cats/tom.web.png").bytes, "web:photo 2");
}

TEST_F(ImageRunnerTest, nothing_is_made_of_deletions_folder_marks_and_own_work) {
    upload("photo");
    event_name = "ObjectRemoved:Delete";
    EXPECT_EQ(run()->summary, "nothing to do for ObjectRemoved:Delete");
    event_name = "ObjectCreated:Put";

    key = "cats/";
    upload("");
    EXPECT_EQ(run()->summary, "nothing to do: s3://inbox/cats/ is a folder's mark");

    key = "tom.web.png";
    upload("photo", {{"onput-function", "photos"}});
    depth = 2;
    EXPECT_EQ(run()->summary, "nothing to do: s3://inbox/tom.web.png was made by this function");
    depth = 1;  // A user's copy of it.
    EXPECT_EQ(run()->outputs.size(), 3U);

    key = "q/tom.jpg";
    upload("broken");
    configuration =
        configure(R"("invalid": "quarantine", "quarantine": {"bucket": "inbox", "prefix": "q/"})");
    EXPECT_EQ(run()->summary, "nothing to do: s3://inbox/q/tom.jpg is in quarantine");
}

TEST_F(ImageRunnerTest, a_bad_configuration_is_final) {
    upload("photo");
    configuration = R"({"derivatives": []})";
    EXPECT_EQ(run_failing(),
              (Failed{ErrorCode::invalid_argument, "bad_recipe", "'output' is missing", ""}));
    configuration = "";
    EXPECT_EQ(run_failing().reason, "bad_recipe");
}

TEST_F(ImageRunnerTest, a_crash_of_the_child_is_not_the_photos_fault) {
    configuration = quarantining();
    upload("crash");
    const Failed failed = run_failing();
    EXPECT_EQ(failed.reason, "job_crashed");
    EXPECT_EQ(failed.disposition, "");
    EXPECT_TRUE(storage->has({"inbox", key}));
}

TEST_F(ImageRunnerTest, a_result_that_does_not_fit_the_file_is_not_uploaded) {
    upload("photo of a liar");
    EXPECT_EQ(run_failing().reason, "job_result");
    EXPECT_EQ(storage->count("outbox", ""), 0U);
}

TEST_F(ImageRunnerTest, an_invalid_photo_is_kept) {
    upload("broken");
    EXPECT_EQ(run_failing(), (Failed{ErrorCode::invalid_argument, "damaged",
                                     "cats/tom.jpg is cut at mèo", "kept"}));
    EXPECT_TRUE(storage->has({"inbox", key}));
    EXPECT_EQ(storage->objects.size(), 1U);
}

TEST_F(ImageRunnerTest, an_empty_object_is_no_photo) {
    upload("");
    EXPECT_EQ(run_failing(), (Failed{ErrorCode::invalid_argument, "not_an_image",
                                     "s3://inbox/cats/tom.jpg is empty", "kept"}));
}

TEST_F(ImageRunnerTest, an_invalid_photo_is_moved_into_quarantine) {
    configuration = quarantining();
    upload("broken");
    const Failed expected{ErrorCode::invalid_argument, "damaged", "cats/tom.jpg is cut at mèo",
                          "quarantined to s3://jail/q/cats/tom.jpg", true};
    EXPECT_EQ(run_failing(), expected);
    EXPECT_FALSE(storage->has({"inbox", key}));
    const auto& copy = object("jail", "q/cats/tom.jpg");
    EXPECT_EQ(copy.bytes, "broken");
    EXPECT_EQ(copy.info.metadata.at("onput-reason"), "damaged");
    EXPECT_EQ(copy.info.metadata.at("onput-event"), "event-1");
    // The acknowledgement was lost: the message comes again.
    EXPECT_EQ(run_failing(), expected);
}

TEST_F(ImageRunnerTest, a_quarantine_that_died_anywhere_comes_to_the_same_end) {
    configuration = quarantining();
    upload("broken");
    for (const std::string_view method : {"storage.put_object", "storage.delete_object"}) {
        die_at(method);
        EXPECT_EQ(run_failing().code, ErrorCode::unavailable);
        EXPECT_TRUE(storage->has({"inbox", key}));
    }
    storage->fault = {};
    EXPECT_EQ(run_failing().disposition, "quarantined to s3://jail/q/cats/tom.jpg");
    EXPECT_EQ(storage->count("jail", ""), 1U);
    EXPECT_EQ(storage->puts.size(), 2U);
}

TEST_F(ImageRunnerTest, a_newer_upload_survives_the_removal) {
    configuration = quarantining();
    upload("broken");
    // The new photo arrives between copy and removal.
    storage->fault = [this](std::string_view method, const std::string&) -> std::optional<Error> {
        if (method == "storage.delete_object") storage->add({"inbox", key}, "photo");
        return {};
    };
    const Failed failed = run_failing();
    EXPECT_EQ(failed.disposition, "quarantined to s3://jail/q/cats/tom.jpg");
    EXPECT_EQ(object("inbox", key).bytes, "photo");
    EXPECT_EQ(object("jail", "q/cats/tom.jpg").bytes, "broken");
    // The same message again: it tells of the upload that is in quarantine, not of the new one.
    storage->fault = {};
    EXPECT_EQ(run_failing(), failed);
    EXPECT_EQ(storage->count("outbox", ""), 0U);
    // The new upload's own message.
    event_id = "event-2";
    EXPECT_TRUE(run());
}

TEST_F(ImageRunnerTest, an_upload_that_is_too_large_is_judged_without_its_bytes) {
    configuration = configure(R"("invalid": "delete", "limits": {"bytes": 300000})");
    upload("photo" + std::string(400'000, 'x'));
    EXPECT_EQ(run_failing(),
              (Failed{ErrorCode::invalid_argument, "too_many_bytes",
                      "s3://inbox/cats/tom.jpg has 400005 bytes, above the limit of 300000",
                      "deleted", true}));
    EXPECT_EQ(storage->pieces_read, 0U);
    EXPECT_FALSE(storage->has({"inbox", key}));
}

TEST_F(ImageRunnerTest, an_upload_that_is_too_large_is_copied_into_quarantine_whole) {
    configuration = configure(R"("invalid": "quarantine", "quarantine": {"bucket": "jail"},
        "limits": {"bytes": 5})");
    const std::string bytes = "photo" + std::string(2'000'000, 'x');
    upload(bytes);
    EXPECT_EQ(run_failing().disposition, "quarantined to s3://jail/cats/tom.jpg");
    EXPECT_TRUE(object("jail", "cats/tom.jpg").bytes == bytes);
    EXPECT_FALSE(storage->has({"inbox", key}));
}

TEST_F(ImageRunnerTest, a_deleted_upload_leaves_its_words_in_the_sidecar) {
    configuration = configure(R"("invalid": "delete")");
    upload("broken");
    const Failed expected{ErrorCode::invalid_argument, "damaged", "cats/tom.jpg is cut at mèo",
                          "deleted", true};
    EXPECT_EQ(run_failing(), expected);
    EXPECT_FALSE(storage->has({"inbox", key}));
    const auto sidecar = nlohmann::json::parse(object("outbox", "p/cats/tom.json").bytes);
    EXPECT_EQ(sidecar["error"]["reason"], "damaged");
    EXPECT_EQ(run_failing(), expected);
}

TEST_F(ImageRunnerTest, a_quarantine_in_the_photos_own_place_keeps_it) {
    configuration = configure(R"("invalid": "quarantine", "quarantine": {"bucket": "inbox"})");
    upload("broken");
    EXPECT_EQ(run_failing().disposition, "kept");
    EXPECT_TRUE(storage->has({"inbox", key}));
}

TEST_F(ImageRunnerTest, an_object_that_is_gone_is_final) {
    etag = "0123";
    for (const std::string& policy :
         {configuration, quarantining(), configure(R"("invalid": "delete")")}) {
        configuration = policy;
        const Failed failed = run_failing();
        EXPECT_EQ(failed.code, ErrorCode::invalid_argument);
        EXPECT_EQ(failed.reason, "no_such_key");
        EXPECT_EQ(failed.message,
                  "download s3://inbox/cats/tom.jpg: The specified key does not exist.");
        EXPECT_EQ(failed.disposition, "");
    }
}

TEST_F(ImageRunnerTest, a_quarantine_that_cannot_be_written_keeps_the_photo_and_says_both) {
    configuration = quarantining();
    upload("broken");
    storage->fault = [](std::string_view method, const std::string&) -> std::optional<Error> {
        if (method != "storage.put_object") return {};
        return Error{.code = ErrorCode::not_found,
                     .message = "The specified bucket does not exist",
                     .reason = "no_such_bucket"};
    };
    const Failed failed = run_failing();
    EXPECT_EQ(failed.code, ErrorCode::not_found);
    EXPECT_EQ(failed.message,
              "quarantine s3://inbox/cats/tom.jpg, which is invalid (damaged: cats/tom.jpg is cut "
              "at mèo): The specified bucket does not exist");
    EXPECT_TRUE(storage->has({"inbox", key}));
}

}  // namespace
}  // namespace onput::image
