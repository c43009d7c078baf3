// `onput demo`: a text becomes speech, a photo becomes pictures, an upload calls a handler, a rule
// and a schedule send messages, another upload becomes a mail, an SMS and a webhook's message. Exit
// status 0 means that all of it worked.
#include <algorithm>
#include <fstream>
#include <sstream>
#include <unistd.h>

#include <fmt/format.h>

#include "common/base/encoding.hpp"
#include "common/base/printable.hpp"
#include "common/base/random.hpp"
#include "common/json/reader.hpp"
#include "common/schema/call.hpp"
#include "common/schema/logs.hpp"
#include "services/ctl/child_instance.hpp"
#include "services/ctl/commands.hpp"
#include "services/ctl/demo_picture.hpp"
#include "services/ctl/demo_receivers.hpp"
#include "services/ctl/demo_rules.hpp"
#include "services/ctl/handler_file.hpp"
#include "services/ctl/http_client.hpp"
#include "services/ctl/journal_commands.hpp"
#include "services/ctl/log_text.hpp"
#include "services/ctl/output.hpp"
#include "services/ctl/pipeline.hpp"

namespace onput::ctl {
namespace {

constexpr std::string_view demo_text =
    "Hello from Onput.\n\n"
    "This text was uploaded to a bucket. The upload is the transaction: before the answer was "
    "given, the text and the event that "
    "makes it speech were durable together.\n\n"
    "A worker has read it, spoken it, and put this recording into another bucket.\n";
constexpr std::string_view handler_name = "demo-handler";
constexpr std::string_view handler_source =
    "def lambda_handler(event, context):\n"
    "    for record in event['Records']:\n"
    "        uploaded = record['s3']['object']\n"
    "        print('uploaded:', uploaded['key'], 'with', uploaded['size'], 'bytes')\n";
constexpr Duration poll_period = std::chrono::milliseconds(50);

Result<std::string> read_bytes(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    std::ostringstream bytes;
    bytes << in.rdbuf();
    if (!in) return fail(ErrorCode::not_found, "read " + path + ": no such file, or not readable");
    return bytes.str();
}

struct FileName {
    std::string stem;
    std::string extension;
};
FileName name_of(const std::string& path, const FileName& otherwise) {
    if (path.empty()) return otherwise;
    const auto slash = path.rfind('/');
    const std::string name = slash == std::string::npos ? path : path.substr(slash + 1);
    const auto dot = name.rfind('.');
    if (dot == std::string::npos) return {name, otherwise.extension};
    return {name.substr(0, dot), name.substr(dot)};
}

bool looks_like_mp3(std::string_view bytes) {
    return bytes.starts_with("ID3") || (bytes.size() > 2 && bytes[0] == '\xff' &&
                                        (static_cast<unsigned char>(bytes[1]) & 0xe0) == 0xe0);
}

// One demo on one instance. `receivers` is null on an instance that somebody else runs: it would
// not know where to reach them.
class Demo {
public:
    Demo(GlobalOptions global, const DemoOptions& options, Instance instance,
         DemoReceivers* receivers)
        : global_(std::move(global)),
          options_(options),
          instance_(std::move(instance)),
          receivers_(receivers),
          client_(instance_) {}

    Result<void> run() {
        if (receivers_ != nullptr) ONPUT_TRY_VOID(subscribe());
        ONPUT_TRY_VOID(speak());
        ONPUT_TRY_VOID(transform());
        if (receivers_ != nullptr) {
            ONPUT_TRY_VOID(handle());
            ONPUT_TRY_VOID(
                show_rules({.instance = instance_,
                            .narrate = [this](const std::string& line) { narrate(line); },
                            .pause = [this](const std::string& what) { return pause(what); }}));
            return alert();
        }
        narrate("\nMail, SMS and webhook are shown by a demo without --data.");
        return {};
    }

private:
    void narrate(const std::string& line) const {
        // What stdout already has comes before this line, also where both are one file.
        std::fflush(stdout);
        if (!global_.quiet) fmt::print(stderr, "{}\n", printable_lines(line));
    }

    // The shipped pipeline, with this demo's receivers in place of the addresses in it. The same
    // webhook also gets the messages of the other two pipelines.
    Result<void> subscribe() {
        ONPUT_TRY(auto pipeline, parse_pipeline(alert_pipeline().text, "upload-alert.toml"));
        for (auto& subscription : pipeline.subscriptions) {
            if (subscription.protocol == "email") subscription.endpoint = "you@localhost";
            if (subscription.protocol != "https") continue;
            subscription.protocol = "http";
            subscription.endpoint = receivers_->webhook_url();
        }
        pipeline.topics.push_back({.name = "media"});
        pipeline.subscriptions.push_back(
            {.topic = "media", .protocol = "http", .endpoint = receivers_->webhook_url()});
        transport::Context context;
        transport::Loop loop(context);
        Peers peers(loop, instance_);
        narrate("subscribing a mailbox, an SMS gateway and a webhook; each confirms ...");
        while (true) {
            std::vector<PipelineChange> changes;
            ONPUT_TRY_VOID(apply_pipeline(pipeline, instance_, peers, changes));
            const bool is_pending = std::ranges::any_of(
                changes, [](const PipelineChange& change) { return change.what == "pending"; });
            if (!is_pending) return {};
            ONPUT_TRY_VOID(pause("the confirmations"));
        }
    }

    // The same upload once more, from the journal, and the proof that it has its result.
    Result<void> repeat(const std::string& key) {
        narrate(
            fmt::format("$ onput replay --from-seq 1 -b inbox --key {} --to function:speech", key));
        const ReplaySettings replay{.filter = {.bucket = "inbox", .key = key},
                                    .to = "function:speech",
                                    .from_sequence = 1,
                                    .name = "demo-" + Random::from_system().hex(8)};
        if (run_replay(global_, replay) != ExitCode::ok) {
            return fail(ErrorCode::internal, "the upload could not be sent once more");
        }
        ONPUT_TRY_VOID(show_trace("s3://inbox/" + key));
        narrate(fmt::format("\n$ onput reconcile -b inbox --against outbox --prefix {}", key));
        const ReconcileSettings reconcile{.bucket = "inbox", .against = "outbox", .prefix = key};
        if (run_reconcile(global_, reconcile) != ExitCode::ok) {
            return fail(ErrorCode::internal, "an upload has neither a result nor a failure");
        }
        return {};
    }

    Result<void> speak() {
        std::string text(demo_text);
        if (!options_.text_file.empty()) {
            ONPUT_TRY(text, read_bytes(options_.text_file));
        }
        const auto name = name_of(options_.text_file, {"hello", ".txt"});
        const std::string key = name.stem + ".txt";
        ONPUT_TRY_VOID(put("inbox", key, text, "text/plain"));
        ONPUT_TRY_VOID(show_trace("s3://inbox/" + key));
        ONPUT_TRY(const auto recording, get("outbox", name.stem + ".mp3"));
        if (!looks_like_mp3(recording)) {
            return fail(ErrorCode::internal, "s3://outbox/" + name.stem + ".mp3 is no MP3");
        }
        narrate(fmt::format("\ns3://outbox/{}.mp3: {} of MP3.\n", name.stem,
                            human_bytes(recording.size())));
        return repeat(key);
    }

    Result<void> transform() {
        std::string photo;
        if (options_.photo_file.empty()) {
            photo = make_demo_picture();
        } else {
            ONPUT_TRY(photo, read_bytes(options_.photo_file));
        }
        const auto name = name_of(options_.photo_file, {"landscape", ".png"});
        const std::string key = name.stem + name.extension;
        ONPUT_TRY_VOID(put("inbox", key, photo, "application/octet-stream"));
        ONPUT_TRY_VOID(show_trace("s3://inbox/" + key));
        if (receivers_ != nullptr) return show_pictures(key);
        return {};
    }

    static std::uint64_t number_of(const json::Value& object, std::string_view name) {
        const json::Value* member = object.find(name);
        const std::int64_t* number = member != nullptr ? member->integer() : nullptr;
        return number != nullptr && *number > 0 ? static_cast<std::uint64_t>(*number) : 0;
    }

    static std::string pictures_table(const json::Value& message) {
        Table table({"PICTURE", "OBJECT", "SIZE", "PIXELS"});
        const json::Value* outputs = message.find("outputs");
        if (outputs == nullptr || outputs->array() == nullptr) return table.text();
        for (const auto& output : *outputs->array()) {
            const std::uint64_t width = number_of(output, "width");
            table.add(
                {output.text_of("name"),
                 fmt::format("s3://{}/{}", output.text_of("bucket"), output.text_of("key")),
                 human_bytes(number_of(output, "size")),
                 width == 0 ? "" : fmt::format("{} x {}", width, number_of(output, "height"))});
        }
        return table.text();
    }

    // As the topic's message names them.
    Result<void> show_pictures(const std::string& key) {
        while (true) {
            for (const auto& message : receivers_->poll()) {
                const auto document = json::read(message.text);
                const json::Value* input = document ? document->find("input") : nullptr;
                if (input == nullptr || input->text_of("key") != key) continue;
                fmt::print("\n{}\n", pictures_table(*document));
                return {};
            }
            ONPUT_TRY_VOID(pause("the message of topic media about " + key));
        }
    }

    // A handler of one's own, as on Lambda, and what it writes.
    Result<void> handle() {
        transport::Context context;
        transport::Loop loop(context);
        Peers peers(loop, instance_);
        ONPUT_TRY_VOID(deploy_handler(peers));
        if (!has_function_worker(peers)) {
            narrate("Handlers are left out: none runs here; onput-function says why in its log.");
            return {};
        }
        ONPUT_TRY_VOID(put("inbox", "orders.csv", "book,2\npen,40\n", "text/csv"));
        ONPUT_TRY_VOID(show_trace("s3://inbox/orders.csv"));
        schema::FilterLogEvents request{.group = fmt::format("/aws/lambda/{}", handler_name)};
        while (true) {
            const auto page = peers.ask(peers.queue(), request);
            const bool is_whole =
                page && !page->events.empty() && page->events.back().message.starts_with("REPORT");
            if (is_whole) {
                narrate("\nWhat the handler wrote:");
                for (const auto& event : page->events)
                    fmt::print("  {}", printable_log(event.message));
                return {};
            }
            ONPUT_TRY_VOID(pause("the handler's log"));
        }
    }

    Result<void> deploy_handler(Peers& peers) {
        const HandlerFile file("app.py", handler_source);
        Pipeline pipeline;
        PipelineFunction function;
        function.name = handler_name;
        function.worker = "function";
        function.timeout_s = 10;
        function.code = file.path();
        function.memory_mb = 128;
        pipeline.functions.push_back(std::move(function));
        pipeline.buckets.emplace_back("inbox");
        pipeline.notifications.push_back({.bucket = "inbox",
                                          .id = "demo-handler",
                                          .events = {"s3:ObjectCreated:*"},
                                          .prefix = {},
                                          .suffix = ".csv",
                                          .function = std::string(handler_name),
                                          .queue = {},
                                          .topic = {}});
        narrate(fmt::format("deploying the handler {}, which each .csv in s3://inbox calls ...",
                            handler_name));
        std::vector<PipelineChange> changes;
        return apply_pipeline(pipeline, instance_, peers, changes);
    }

    static bool has_function_worker(Peers& peers) {
        const auto found = peers.ask(peers.queue(), schema::FindWorkers{.worker = "function"});
        return found && !found->workers.empty();
    }

    Result<void> alert() {
        ONPUT_TRY_VOID(put("dropoff", "contract.pdf", "%PDF-1.4 demo", "application/pdf"));
        const auto has = [this](std::string_view via) {
            return std::ranges::any_of(receivers_->poll(), [via](const ReceivedMessage& message) {
                return message.via == via && message.text.contains("contract.pdf");
            });
        };
        for (const auto* via : {"mail", "sms", "webhook"}) {
            while (!has(via)) ONPUT_TRY_VOID(pause(fmt::format("the {}", via)));
        }
        Table table({"RECEIVED BY", "SUBJECT", "TEXT"});
        for (const auto& message : receivers_->poll()) {
            std::string text = message.text.substr(0, message.text.find('\n')).substr(0, 60);
            if (text.size() < message.text.size()) text += " ...";
            table.add({message.via, message.subject, std::move(text)});
        }
        fmt::print("\n{}", table.text());
        narrate("\nIt works.");
        return {};
    }

    Result<void> put(const std::string& bucket, const std::string& key, const std::string& bytes,
                     const std::string& content_type) {
        narrate(fmt::format("PUT s3://{}/{} ({}) to {}", bucket, key, human_bytes(bytes.size()),
                            instance_.url));
        ONPUT_TRY(const auto answer,
                  client_.send({.method = "PUT",
                                .path = "/" + bucket + "/" + percent_encode(key, "/"),
                                .headers = {{"Content-Type", content_type}},
                                .body = bytes}));
        if (answer.status != 200) {
            return fail(ErrorCode::internal, "the upload was answered with " + answer.body);
        }
        narrate("200: the object and its event are durable. Waiting for what it becomes ...\n");
        return {};
    }

    Result<std::string> get(const std::string& bucket, const std::string& key) {
        ONPUT_TRY(auto answer,
                  client_.send({.path = "/" + bucket + "/" + percent_encode(key, "/")}));
        if (answer.status != 200) {
            return fail(ErrorCode::internal,
                        fmt::format("s3://{}/{} was answered with {}", bucket, key, answer.status));
        }
        return std::move(answer.body);
    }

    Result<void> show_trace(const std::string& object) const {
        const TraceOptions trace{.subject = object, .wait_s = options_.timeout_s};
        const auto code = run_trace(global_, trace);
        if (code == ExitCode::ok) return {};
        return fail(ErrorCode::timeout, object + " did not come to its end");
    }

    // Fails when the demo has lasted too long.
    Result<void> pause(const std::string& what) const {
        if (std::chrono::steady_clock::now() > deadline_) {
            return fail(ErrorCode::timeout, fmt::format("{} did not come within {} s; see {}/log",
                                                        what, options_.timeout_s, global_.data));
        }
        usleep(static_cast<useconds_t>(
            std::chrono::duration_cast<std::chrono::microseconds>(poll_period).count()));
        return {};
    }

    GlobalOptions global_;
    const DemoOptions& options_;
    Instance instance_;
    DemoReceivers* receivers_;
    HttpClient client_;
    std::chrono::steady_clock::time_point deadline_ =
        std::chrono::steady_clock::now() + std::chrono::seconds(options_.timeout_s);
};

}  // namespace

ExitCode run_demo(const GlobalOptions& global, const DemoOptions& options) {
    Progress progress({.quiet = global.quiet});
    std::unique_ptr<DemoReceivers> receivers;
    std::vector<std::string> environment;
    if (!names_instance(global.data)) {
        auto started = DemoReceivers::start();
        if (!started) return report("demo", started.error());
        receivers = *std::move(started);
        environment = {"ONPUT_SMTP_URL=" + receivers->smtp_url(),
                       "ONPUT_SMS_URL=" + receivers->sms_url(),
                       "ONPUT_WEBHOOK_ALLOWED_NETWORKS=127.0.0.0/8"};
    }
    progress.show("starting a throwaway instance ...");
    const auto place = find_workplace(global.data, environment);
    progress.clear();
    if (!place) return report("demo", place.error());
    auto instance = read_instance(place->data);
    if (!instance) return report("demo", instance.error());
    GlobalOptions inner = global;
    inner.data = place->data;
    const auto done = Demo(inner, options, *std::move(instance), receivers.get()).run();
    return done ? ExitCode::ok : report("demo", done.error());
}

}  // namespace onput::ctl
