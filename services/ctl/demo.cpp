// `onput demo`: a text becomes speech, and its trace is told. Exit status 0 means that it worked.
#include <fstream>
#include <sstream>
#include <unistd.h>

#include <fmt/format.h>

#include "common/base/encoding.hpp"
#include "services/ctl/child_instance.hpp"
#include "services/ctl/commands.hpp"
#include "services/ctl/http_client.hpp"
#include "services/ctl/output.hpp"

namespace onput::ctl {
namespace {

constexpr std::string_view demo_text =
    "Hello from Onput.\n\n"
    "This text was uploaded to a bucket. The upload is the transaction: before the answer was "
    "given, the text and the event that "
    "makes it speech were durable together.\n\n"
    "A worker has read it, spoken it, and put this recording into another bucket.\n";

Result<std::string> read_text(const std::string& path) {
    if (path.empty()) return std::string(demo_text);
    std::ifstream in(path, std::ios::binary);
    std::ostringstream text;
    text << in.rdbuf();
    if (!in) return fail(ErrorCode::not_found, "read " + path + ": no such file, or not readable");
    return text.str();
}

std::string file_stem(const std::string& path) {
    if (path.empty()) return "hello";
    const auto slash = path.rfind('/');
    const std::string name = slash == std::string::npos ? path : path.substr(slash + 1);
    return name.substr(0, name.rfind('.'));
}

bool looks_like_mp3(std::string_view bytes) {
    return bytes.starts_with("ID3") || (bytes.size() > 2 && bytes[0] == '\xff' &&
                                        (static_cast<unsigned char>(bytes[1]) & 0xe0) == 0xe0);
}

// Uploads, waits for the trace's end, and looks at the recording.
ExitCode speak(const GlobalOptions& global, const DemoOptions& options, const std::string& data) {
    const auto narrate = [&global](const std::string& line) {
        if (!global.quiet) fmt::print(stderr, "{}\n", line);
    };
    const auto text = read_text(options.text_file);
    if (!text) return report("demo", text.error());
    const auto instance = read_instance(data);
    if (!instance) return report("demo", instance.error());
    HttpClient client(*instance);
    const std::string key = file_stem(options.text_file);
    const std::string path = percent_encode(key, "/");
    narrate(fmt::format("PUT s3://inbox/{}.txt ({}) to {}", key, human_bytes(text->size()),
                        instance->url));
    const auto put = client.send({.method = "PUT",
                                  .path = "/inbox/" + path + ".txt",
                                  .query = {},
                                  .headers = {{"Content-Type", "text/plain"}},
                                  .body = *text});
    if (!put) return report("demo", put.error());
    if (put->status != 200)
        return report("demo",
                      {ErrorCode::internal, "the upload was answered with " + put->body, {}, {}});
    narrate("200: the text and its event are durable. Waiting for the recording ...\n");
    GlobalOptions inner = global;
    inner.data = data;
    const TraceOptions trace{.subject = "s3://inbox/" + key + ".txt", .wait_s = options.timeout_s};
    if (const auto traced = run_trace(inner, trace); traced != ExitCode::ok) return traced;
    const auto recording =
        client.send({.path = "/outbox/" + path + ".mp3", .query = {}, .headers = {}, .body = {}});
    if (!recording) return report("demo", recording.error());
    if (recording->status != 200 || !looks_like_mp3(recording->body)) {
        return report(
            "demo", {ErrorCode::internal,
                     fmt::format("s3://outbox/{}.mp3 was answered with {}", key, recording->status),
                     {},
                     {}});
    }
    narrate(fmt::format("\ns3://outbox/{}.mp3: {} of MP3. It works.", key,
                        human_bytes(recording->body.size())));
    return ExitCode::ok;
}

}  // namespace

ExitCode run_demo(const GlobalOptions& global, const DemoOptions& options) {
    Progress progress({.quiet = global.quiet});
    progress.show("starting a throwaway instance ...");
    const auto place = find_workplace(global.data);
    progress.clear();
    if (!place) return report("demo", place.error());
    return speak(global, options, place->data);
}

}  // namespace onput::ctl
