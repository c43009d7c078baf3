// The job as the worker runs it: in a confined child of the zygote, under limits.
#include "common/worker/job_process.hpp"

#include <chrono>
#include <filesystem>
#include <poll.h>
#include <sys/mman.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include "services/image/job.hpp"
#include "tests/services/image/pictures.hpp"

namespace onput::image {
namespace {

constexpr std::string_view three = R"({
    "output": {"bucket": "outbox", "prefix": "photos/"},
    "derivatives": [
        {"name": "small", "steps": [{"fit": {"width": 40, "height": 40}}, {"format": "jpeg"}]},
        {"name": "marked", "steps": [{"watermark": {"image": "s3://marks/logo.png"}},
                                     {"watermark": {"text": "Onput"}}, {"format": "webp"}]},
        {"name": "modern", "steps": [{"fit": {"width": 40, "height": 40}}, {"format": "avif"}]}
    ]})";

struct Ended {
    Result<ImageResult> result;
    std::string output;
    worker::JobUsage usage;
};

Result<ImageResult> decoded(const Result<std::string>& bytes) {
    if (!bytes) return std::unexpected(bytes.error());
    return schema::decode<ImageResult>(*bytes);
}

// One zygote for all: it is forked before this process draws anything, since drawing starts
// threads.
class ImageJobProcess : public testing::Test {
protected:
    static void SetUpTestSuite() {
        auto created = worker::JobZygote::create({.name = "image",
                                                  .initialise = load_image_library,
                                                  .run = run_image_job,
                                                  .jobs_max = 4});
        ASSERT_TRUE(created) << created.error().message;
        zygote = std::move(*created);
    }
    static void TearDownTestSuite() { zygote.reset(); }

    static Ended run_job(const std::string& photo, const worker::JobLimits& limits = {}) {
        const std::string mark = encode_pixels(draw_flat({20, 10}, {255, 255, 0}));
        const ImageJob job{.recipe = std::string(three),
                           .input_key = "cats/tom.jpg",
                           .photo_bytes = photo.size(),
                           .watermarks = {{.name = "s3://marks/logo.png", .bytes = mark.size()}}};
        const worker::FileDescriptor input(::memfd_create("input", MFD_CLOEXEC));
        const worker::FileDescriptor output(::memfd_create("output", MFD_CLOEXEC));
        const std::string bytes = photo + mark;
        EXPECT_EQ(::pwrite(input.get(), bytes.data(), bytes.size(), 0),
                  static_cast<ssize_t>(bytes.size()));
        const auto started = zygote->start({.id = worker::JobId(1),
                                            .parameters = schema::encode(job),
                                            .input_fd = input.get(),
                                            .output_fd = output.get(),
                                            .limits = limits});
        EXPECT_TRUE(started);
        const auto patience = std::chrono::milliseconds(std::chrono::minutes(2));
        pollfd watched{.fd = zygote->fd(), .events = POLLIN, .revents = 0};
        EXPECT_EQ(::poll(&watched, 1, static_cast<int>(patience.count())), 1);
        auto outcomes = zygote->take_finished();
        if (outcomes.size() != 1) {
            return {.result = fail(ErrorCode::timeout, "no outcome")};
        }
        std::string made(static_cast<std::size_t>(::lseek(output.get(), 0, SEEK_END)), '\0');
        EXPECT_EQ(::pread(output.get(), made.data(), made.size(), 0),
                  static_cast<ssize_t>(made.size()));
        return {.result = decoded(outcomes[0].result),
                .output = std::move(made),
                .usage = outcomes[0].usage};
    }

    static std::unique_ptr<worker::JobZygote> zygote;
};

std::unique_ptr<worker::JobZygote> ImageJobProcess::zygote;

TEST_F(ImageJobProcess, loading_the_library_leaves_no_thread) {
    const std::filesystem::path tasks = "/proc/" + std::to_string(zygote->zygote_pid()) + "/task";
    std::size_t threads = 0;
    for (const auto& task : std::filesystem::directory_iterator(tasks)) {
        static_cast<void>(task);
        ++threads;
    }
    EXPECT_EQ(threads, 1U);
}

TEST_F(ImageJobProcess, a_photo_comes_back_as_all_its_derivatives) {
    const std::string photo =
        encode_pixels(draw_scene({400, 300}), {.suffix = ".jpg", .orientation = 6});
    const Ended ended = run_job(photo);
    ASSERT_TRUE(ended.result) << ended.result.error().message;
    ASSERT_EQ(ended.result->derivatives.size(), 3U);
    std::string_view rest = ended.output;
    for (const DerivativeResult& derivative : ended.result->derivatives) {
        ASSERT_LE(derivative.bytes, rest.size());
        EXPECT_EQ(decode_pixels(rest.substr(0, derivative.bytes)).size,
                  (Size{derivative.width, derivative.height}));
        rest.remove_prefix(derivative.bytes);
    }
    EXPECT_TRUE(rest.empty());
    EXPECT_EQ(ended.result->photo.width, 300U);
    EXPECT_EQ(ended.result->photo.orientation, 6U);
}

TEST_F(ImageJobProcess, the_same_photo_gives_the_same_bytes_in_every_child) {
    const std::string photo = encode_pixels(draw_scene({400, 300}), {.suffix = ".jpg"});
    const Ended first = run_job(photo);
    for (int i = 0; i < 5; ++i) EXPECT_EQ(run_job(photo).output, first.output);
}

TEST_F(ImageJobProcess, an_error_names_the_photo_and_what_is_wrong) {
    const Ended ended = run_job("no photo at all");
    ASSERT_FALSE(ended.result);
    EXPECT_EQ(ended.result.error().reason, "not_an_image");
    EXPECT_TRUE(ended.result.error().message.starts_with("cats/tom.jpg: it begins with"))
        << ended.result.error().message;
    EXPECT_TRUE(ended.output.empty());
}

TEST_F(ImageJobProcess, a_photo_too_large_for_the_memory_limit_is_an_error_not_a_crash) {
    // 90 million pixels at full size, of which the second derivative wants each one.
    const Pixels large{.size = {9000, 10'000}, .bytes = std::vector<std::uint8_t>(270'000'000)};
    const std::string photo = encode_pixels(large, {.suffix = ".png[compression=1]"});
    const Ended ended = run_job(photo, {.memory_bytes = 400ULL << 20});
    ASSERT_FALSE(ended.result);
    EXPECT_EQ(ended.result.error().code, ErrorCode::resource_exhausted)
        << ended.result.error().message;
    EXPECT_EQ(ended.result.error().reason, "job_memory");
}

TEST_F(ImageJobProcess, an_encoder_without_enough_memory_is_not_tried_and_the_others_are) {
    // Small to decode, but the WebP of the second derivative wants 16 bytes for each pixel.
    const Pixels large{.size = {4000, 3000}, .bytes = std::vector<std::uint8_t>(36'000'000)};
    const Ended ended =
        run_job(encode_pixels(large, {.suffix = ".jpg"}), {.memory_bytes = 360ULL << 20});
    ASSERT_TRUE(ended.result) << ended.result.error().message;
    ASSERT_EQ(ended.result->omitted.size(), 1U);
    EXPECT_EQ(ended.result->omitted.front().name, "marked");
    EXPECT_EQ(ended.result->omitted.front().reason, "job_memory");
    ASSERT_EQ(ended.result->derivatives.size(), 2U);
    EXPECT_EQ(ended.result->derivatives.back().name, "modern");
}

}  // namespace
}  // namespace onput::image
