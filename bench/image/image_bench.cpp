// What the image job costs beside libvips itself, in one run, case after case in turns:
//
//     image_bench [PHOTO [ROUNDS]]      a JPEG of 12 Mpx is made when none is named; 15 rounds
//
//     bare        vips_thumbnail_buffer and vips_jpegsave_buffer, called in this process
//     tool        vipsthumbnail, a process for each photo
//     job         run_image_job with one derivative, called in this process
//     worker      the same job as the worker runs it: in a confined child of the zygote
//     three       three derivatives from one decode; and the largest of them alone, which is what
//                 that decode must serve
//
// Processor time tells what a core gives, whatever else the machine does; both are medians. At the
// end the memory of an idle onput-image, which is looked for beside this program.
#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <poll.h>
#include <spawn.h>
#include <string>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>
#include <utility>
#include <vector>
#include <vips/vips.h>

#include "common/base/check.hpp"
#include "common/worker/job_process.hpp"
#include "services/image/job.hpp"

namespace onput::image {
namespace {

using Clock = std::chrono::steady_clock;
using worker::FileDescriptor;

constexpr int thumbnail_side = 320;
constexpr int quality = 80;
constexpr std::size_t rounds_usual = 15;
constexpr auto settling_time = std::chrono::seconds(2);

const std::string thumbnail = R"({"name": "thumbnail", "steps": [
    {"fit": {"width": 320, "height": 320}}, {"format": {"type": "jpeg", "quality": 80}}]})";
const std::string preview = R"({"name": "preview", "steps": [
    {"fit": {"width": 640, "height": 640}}, {"format": {"type": "jpeg", "quality": 80}}]})";
const std::string page = R"({"name": "page", "steps": [
    {"fit": {"width": 1024, "height": 1024}}, {"format": {"type": "jpeg", "quality": 80}}]})";

std::string recipe_of(const std::string& derivatives) {
    return R"({"output": {"bucket": "outbox"}, "derivatives": [)" + derivatives + "]}";
}

[[noreturn]] void give_up(const std::string& why) {
    std::fprintf(stderr, "image_bench: %s\n", why.c_str());
    std::exit(1);  // NOLINT(concurrency-mt-unsafe): one thread.
}

// Clouds of colours with the noise of a sensor: about as many bytes as a camera's JPEG.
std::string make_photo() {
    constexpr int width = 4000;
    constexpr int height = 3000;
    std::array<VipsImage*, 3> bands{};
    for (VipsImage*& band : bands) {
        const int seed = 7 + static_cast<int>(&band - bands.data());
        VipsImage* clouds = nullptr;
        VipsImage* noise = nullptr;
        VipsImage* bright = nullptr;
        if (vips_perlin(&clouds, width, height, "cell_size", 200, "seed", seed, nullptr) != 0 ||
            vips_linear1(clouds, &bright, 90, 128, nullptr) != 0 ||
            vips_gaussnoise(&noise, width, height, "sigma", 6.0, "seed", seed, nullptr) != 0 ||
            vips_add(bright, noise, &band, nullptr) != 0) {
            give_up(vips_error_buffer());
        }
        for (VipsImage* image : {clouds, bright, noise}) g_object_unref(image);
    }
    VipsImage* joined = nullptr;
    VipsImage* photo = nullptr;
    void* data = nullptr;
    std::size_t size = 0;
    if (vips_bandjoin(bands.data(), &joined, 3, nullptr) != 0 ||
        vips_cast_uchar(joined, &photo, nullptr) != 0) {
        give_up(vips_error_buffer());
    }
    photo->Type = VIPS_INTERPRETATION_sRGB;
    if (vips_jpegsave_buffer(photo, &data, &size, "Q", 90, nullptr) != 0) {
        give_up(vips_error_buffer());
    }
    std::string bytes(static_cast<const char*>(data), size);
    g_free(data);
    for (VipsImage* image : {bands[0], bands[1], bands[2], joined, photo}) g_object_unref(image);
    return bytes;
}

std::string read_file(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    if (!in) give_up("cannot read " + path);
    return {std::istreambuf_iterator<char>(in), {}};
}

FileDescriptor file_of(const std::string& bytes) {
    FileDescriptor file(::memfd_create("photo", MFD_CLOEXEC));
    const auto written = ::pwrite(file.get(), bytes.data(), bytes.size(), 0);
    ONPUT_CHECK(written == static_cast<ssize_t>(bytes.size()));
    return file;
}

// -- the cases

void run_bare(std::string& photo) {
    VipsImage* small = nullptr;
    void* data = nullptr;
    std::size_t size = 0;
    if (vips_thumbnail_buffer(photo.data(), photo.size(), &small, thumbnail_side, "height",
                              thumbnail_side, "size", VIPS_SIZE_DOWN, nullptr) != 0 ||
        vips_jpegsave_buffer(small, &data, &size, "Q", quality, nullptr) != 0) {
        give_up(vips_error_buffer());
    }
    g_object_unref(small);
    g_free(data);
}

int run_program(std::vector<std::string> words, std::vector<std::string> environment) {
    const auto pointers = [](std::vector<std::string>& texts) {
        std::vector<char*> list;
        list.reserve(texts.size() + 1);
        for (std::string& text : texts) list.push_back(text.data());
        list.push_back(nullptr);
        return list;
    };
    pid_t child = -1;
    const int failed = ::posix_spawnp(&child, words.front().c_str(), nullptr, nullptr,
                                      pointers(words).data(), pointers(environment).data());
    return failed != 0 ? -1 : child;
}

void run_tool(const std::string& photo_path, const std::string& directory) {
    const pid_t child = run_program({"vipsthumbnail", photo_path, "--size", "320x320>", "--output",
                                     directory + "/tool.jpg[Q=80]"},
                                    {"VIPS_CONCURRENCY=1", "PATH=/usr/local/bin:/usr/bin:/bin"});
    int status = -1;
    const bool ended = child > 0 && ::waitpid(child, &status, 0) == child && status == 0;
    if (!ended) give_up("vipsthumbnail does not run; it is in libvips-tools");
}

std::string job_of(const std::string& recipe, std::size_t photo_bytes) {
    return schema::encode(
        ImageJob{.recipe = recipe, .input_key = "photo.jpg", .photo_bytes = photo_bytes});
}

void run_job(const std::string& job, const FileDescriptor& input) {
    const FileDescriptor output(::memfd_create("derivatives", MFD_CLOEXEC));
    const auto done = run_image_job(job, input.get(), output.get());
    if (!done) give_up(done.error().message);
}

// Returns the processor time of the child.
double run_in_worker(worker::JobZygote& zygote, const std::string& job,
                     const FileDescriptor& input) {
    const FileDescriptor output(::memfd_create("derivatives", MFD_CLOEXEC));
    const auto started = zygote.start({.id = worker::JobId(1),
                                       .parameters = job,
                                       .input_fd = input.get(),
                                       .output_fd = output.get(),
                                       .limits = {.memory_bytes = 1024ULL << 20}});
    if (!started) give_up(started.error().message);
    pollfd watched{.fd = zygote.fd(), .events = POLLIN, .revents = 0};
    constexpr int patience_ms = 60'000;
    static_cast<void>(::poll(&watched, 1, patience_ms));  // No outcome is what says it was in vain.
    const auto outcomes = zygote.take_finished();
    if (outcomes.size() != 1) give_up("a job did not end");
    if (!outcomes[0].result) give_up(outcomes[0].result.error().message);
    return std::chrono::duration<double>(outcomes[0].usage.processor_time).count();
}

// -- measuring

double processor_seconds(int whose) {
    rusage usage{};
    ::getrusage(whose, &usage);
    const auto seconds = [](const timeval& time) {
        return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
    };
    return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

double all_processor_seconds() {
    return processor_seconds(RUSAGE_SELF) + processor_seconds(RUSAGE_CHILDREN);
}

struct Case {
    std::string name;
    // Returns processor time that getrusage does not see: of the zygote's children.
    std::function<double()> run;
    std::vector<double> wall_ms = {};
    std::vector<double> processor_ms = {};
};

double median(std::vector<double> values) {
    std::ranges::sort(values);
    return values[values.size() / 2];
}

void measure(Case& one) {
    const double processor = all_processor_seconds();
    const auto start = Clock::now();
    const double elsewhere = one.run();
    one.wall_ms.push_back(std::chrono::duration<double, std::milli>(Clock::now() - start).count());
    one.processor_ms.push_back((all_processor_seconds() - processor + elsewhere) * 1000);
}

void compare(const char* what, const Case& one, const Case& other) {
    const double processor = median(one.processor_ms) / median(other.processor_ms);
    const double wall = median(one.wall_ms) / median(other.wall_ms);
    std::printf("%-52s %5.2f of processor time, %5.2f of wall time\n", what, processor, wall);
}

// -- an idle worker

std::uint64_t resident_kib(pid_t process) {
    std::ifstream status("/proc/" + std::to_string(process) + "/status");
    std::string word;
    while (status >> word) {
        std::uint64_t kib = 0;
        if (word == "VmRSS:" && status >> kib) return kib;
    }
    return 0;
}

std::vector<pid_t> children_of(pid_t process) {
    const std::string id = std::to_string(process);
    std::ifstream list("/proc/" + id + "/task/" + id + "/children");
    return {std::istream_iterator<pid_t>(list), {}};
}

// Nobody answers it: it waits for storage and queue, as it waits for jobs.
void show_idle_worker(const std::string& directory) {
    const auto program =
        std::filesystem::read_symlink("/proc/self/exe").replace_filename("onput-image");
    if (!std::filesystem::exists(program)) {
        std::printf("idle worker: not measured, there is no %s\n", program.c_str());
        return;
    }
    const auto socket = [&directory](const char* name) {
        return "ipc://" + directory + "/" + name;
    };
    const pid_t child = run_program(
        {program.string(), "--storage-endpoint", socket("storage"), "--queue-lane-endpoint",
         socket("lanes"), "--lane-bind", socket("lane-{id}"), "--log-level", "error"},
        {"PATH=/usr/bin:/bin"});
    std::this_thread::sleep_for(settling_time);
    std::uint64_t zygote_kib = 0;
    for (const pid_t one : children_of(child)) zygote_kib += resident_kib(one);
    std::printf("idle worker: %.1f MiB resident, its zygote %.1f MiB, much of it the same pages\n",
                static_cast<double>(resident_kib(child)) / 1024,
                static_cast<double>(zygote_kib) / 1024);
    ::kill(child, SIGTERM);
    ::waitpid(child, nullptr, 0);
}

void bench(worker::JobZygote& zygote, std::string photo, std::size_t rounds,
           const std::string& directory) {
    const std::string path = directory + "/photo.jpg";
    std::ofstream(path, std::ios::binary) << photo;
    const FileDescriptor input = file_of(photo);
    const auto one = job_of(recipe_of(thumbnail), photo.size());
    const auto three = job_of(recipe_of(thumbnail + "," + preview + "," + page), photo.size());
    const auto largest = job_of(recipe_of(page), photo.size());
    const auto in_place = [&input](const std::string& job) {
        return [&input, &job] {
            run_job(job, input);
            return 0.0;
        };
    };
    std::vector<Case> cases;
    cases.push_back({"bare libvips, 320 px", [&] { return run_bare(photo), 0.0; }});
    cases.push_back({"vipsthumbnail, 320 px", [&] { return run_tool(path, directory), 0.0; }});
    cases.push_back({"job, 320 px", in_place(one)});
    cases.push_back({"job in a child, 320 px", [&] { return run_in_worker(zygote, one, input); }});
    cases.push_back({"job, 320, 640 and 1024 px", in_place(three)});
    cases.push_back({"job, 1024 px", in_place(largest)});
    for (std::size_t round = 0; round < rounds; ++round) {
        for (Case& next : cases) measure(next);
    }
    std::printf("%zu bytes of JPEG, %zu rounds, medians\n\n", photo.size(), rounds);
    for (const Case& done : cases) {
        std::printf("%-28s %8.1f ms of processor %8.1f ms of wall time\n", done.name.c_str(),
                    median(done.processor_ms), median(done.wall_ms));
    }
    std::printf("\n");
    compare("bare libvips / job (aim: 0.95)", cases[0], cases[2]);
    compare("bare libvips / job in a child", cases[0], cases[3]);
    compare("vipsthumbnail / job in a child", cases[1], cases[3]);
    compare("three derivatives / the smallest alone", cases[4], cases[2]);
    compare("three derivatives / the largest alone (aim: < 1.5)", cases[4], cases[5]);
}

int run(int argc, char** argv) {
    // First: a process that has threads cannot be forked.
    auto zygote = worker::JobZygote::create(
        {.name = "image", .initialise = load_image_library, .run = run_image_job});
    if (!zygote) give_up(zygote.error().message);
    if (const auto loaded = load_image_library(); !loaded) give_up(loaded.error().message);
    std::string directory =
        (std::filesystem::temp_directory_path() / "image_bench.XXXXXX").string();
    if (::mkdtemp(directory.data()) == nullptr) give_up("cannot make " + directory);
    const std::size_t rounds = argc > 2 ? std::strtoull(argv[2], nullptr, 10) : rounds_usual;
    bench(**zygote, argc > 1 ? read_file(argv[1]) : make_photo(), std::max<std::size_t>(rounds, 1),
          directory);
    show_idle_worker(directory);
    std::filesystem::remove_all(directory);
    return 0;
}

}  // namespace
}  // namespace onput::image

int main(int argc, char** argv) {
    return onput::image::run(argc, argv);
}
