#include "services/ctl/cli_functions.hpp"

#include <CLI/CLI.hpp>

#include "services/ctl/cli_parts.hpp"

namespace onput::ctl {
namespace {

void add_deploy(CLI::App& function, FunctionChoices& c) {
    auto* deploy = add_command(function, "deploy", "Run a handler here, from its code",
                               "  onput function deploy texts.py --on s3://inbox --suffix .txt\n  "
                               "onput function deploy ./resize --name resize --runtime python3.11 "
                               "--handler app.handler --memory 512");
    deploy->add_option("code", c.function.code, "A .py or .js file, a folder or a zip")->required();
    deploy->add_option("--name", c.function.name, "Of the function; the code's otherwise");
    deploy->add_option("--runtime", c.function.runtime, "python3.11, nodejs20.x, provided.al2023");
    deploy->add_option("--handler", c.function.handler, "FILE.FUNCTION in the code");
    deploy->add_option("--role", c.function.role, "Whose rights it has; the account's otherwise");
    deploy->add_option("--memory", c.function.memory_mb, "MiB")->capture_default_str();
    deploy->add_option("--timeout", c.function.timeout_s, "Seconds")->capture_default_str();
    deploy->add_option("--env", c.variables, "NAME=value; may be repeated");
    deploy->add_option("--on", c.function.on, "s3://BUCKET, whose new objects invoke it");
    deploy->add_option("--prefix", c.function.prefix, "With --on: only keys that begin so");
    deploy->add_option("--suffix", c.function.suffix, "With --on: only keys that end so");
    auto* url = deploy->add_flag("--url", c.function.has_url, "It has an HTTP address, too");
    deploy
        ->add_option("--auth", c.function.url_auth,
                     "With --url: AWS_IAM, for signed requests only, or NONE, for everybody")
        ->check(CLI::IsMember({"AWS_IAM", "NONE"}))
        ->needs(url)
        ->capture_default_str();
    deploy->callback([&c] {
        for (const std::string& text : c.variables) {
            const std::size_t equals = text.find('=');
            if (equals == std::string::npos) throw CLI::ValidationError("--env", "NAME=value");
            c.function.environment[text.substr(0, equals)] = text.substr(equals + 1);
        }
        c.run = [&c] { return run_function_deploy(c.global, c.function); };
    });
}

void add_log_options(CLI::App& command, FunctionChoices& c) {
    command.add_option("name", c.logs.name, "The function, or a log group")->required();
    command.add_option("-n,--lines", c.logs.lines, "Without --since: so many at most")
        ->capture_default_str();
    command.add_option("--since", c.logs.since, "All since then: 10m, 2h, or an ISO 8601 time");
    command.add_option("--filter", c.logs.filter, "Filter pattern of CloudWatch Logs");
    command.add_option("--request", c.logs.request, "Only the invocation with this request id");
    command.add_flag("-f,--follow", c.logs.follow, "Go on with what is written");
    command.callback([&c] { c.run = [&c] { return run_logs(c.global, c.logs); }; });
}

}  // namespace

void add_functions(CLI::App& app, FunctionChoices& c) {
    auto* function =
        add_command(app, "function", "Run users' own handlers",
                    "  onput function deploy texts.py --on s3://inbox --suffix .txt\n  "
                    "onput function invoke texts --payload '{}'\n  onput function ls");
    function->require_subcommand(1);
    add_deploy(*function, c);
    auto* list = add_command(*function, "ls", "List the functions", "  onput function ls");
    list->callback([&c] { c.run = [&c] { return run_function_list(c.global); }; });
    using Run = ExitCode (*)(const GlobalOptions&, const FunctionOptions&);
    const auto add_named = [&](const std::string& name, const std::string& summary, Run run) {
        auto* command =
            add_command(*function, name, summary, "  onput function " + name + " texts");
        command->add_option("name", c.function.name, "The function")->required();
        command->callback([&c, run] { c.run = [&c, run] { return run(c.global, c.function); }; });
        return command;
    };
    add_named("show", "Show a function", run_function_show);
    add_named("rm", "Remove a function", run_function_remove);
    auto* invoke = add_named("invoke", "Call a handler, and print its answer", run_function_invoke);
    invoke->add_option("--payload", c.function.payload, "The event, JSON; - for standard input")
        ->capture_default_str();
    invoke->add_flag("--log", c.function.shows_log, "Show the end of its log on standard error");
    auto* logs = add_command(*function, "logs", "Print the last lines of a function's log",
                             "  onput function logs texts");
    add_log_options(*logs, c);
    auto* top_logs =
        add_command(app, "logs", "Print what a function writes", "  onput logs resize -f");
    add_log_options(*top_logs, c);
}

}  // namespace onput::ctl
