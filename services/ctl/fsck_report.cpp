#include "services/ctl/fsck_report.hpp"

#include <algorithm>
#include <iterator>

#include <fmt/format.h>

#include "common/base/printable.hpp"
#include "common/schema/json.hpp"

namespace onput::ctl {
namespace {

// One line of a folder's report.
template <typename... Values>
void add_line(std::string& text, const std::string& folder, fmt::format_string<Values...> form,
              Values&&... values) {
    fmt::format_to(std::back_inserter(text), "{}: ", folder);
    fmt::format_to(std::back_inserter(text), form, std::forward<Values>(values)...);
    text += '\n';
}

void add_rows(std::string& text, const std::string& folder, const store::RowsCheck& check) {
    add_line(text, folder, "{} rows can be read", check.rows);
    if (check.unopenable) add_line(text, folder, "cannot be opened: {}", *check.unopenable);
    if (check.changes_lost > 0) {
        add_line(text, folder, "the log ends {} changes before what was durable",
                 check.changes_lost);
    }
    for (const auto& gap : check.gaps) {
        add_line(text, folder, "rows after {} and before {} cannot be read: {}",
                 gap.after.empty() ? "the first" : gap.after,
                 gap.before.empty() ? "the end" : gap.before, gap.reason);
    }
    if (check.gap_count > check.gaps.size()) {
        add_line(text, folder, "and {} gaps more", check.gap_count - check.gaps.size());
    }
    if (check.kept.empty()) return;
    add_line(text, folder, "repaired; the old files are kept in {}", check.kept);
    add_line(text, folder,
             "while {} is there, no blob without a row is removed: remove it once you need nothing "
             "of what was lost",
             store::rows_lost_file);
}

void add_blobs(std::string& text, const std::string& folder, const store::BlobsCheck& check) {
    add_line(text, folder, "{} blobs are whole, {} of them without checksums", check.sound,
             check.unsummed);
    for (const auto& fault : check.faults) fmt::format_to(std::back_inserter(text), "{}\n", fault);
    if (check.fault_count > check.faults.size()) {
        add_line(text, folder, "and {} faults more", check.fault_count - check.faults.size());
    }
}

void number(json::Writer& out, std::string_view name, std::uint64_t value) {
    out.name(name);
    out.natural(value);
}

void text(json::Writer& out, std::string_view name, std::string_view value) {
    out.name(name);
    out.text_or_base64(value);
}

void write_rows(json::Writer& out, const store::RowsCheck& check) {
    out.begin_object();
    number(out, "readable", check.rows);
    number(out, "changes_lost", check.changes_lost);
    out.name("unopenable");
    check.unopenable ? out.text(*check.unopenable) : out.null();
    out.name("kept");
    check.kept.empty() ? out.null() : out.text(check.kept);
    number(out, "gap_count", check.gap_count);
    out.name("gaps");
    out.begin_array();
    for (const auto& gap : check.gaps) {
        out.begin_object();
        text(out, "after", gap.after);
        text(out, "before", gap.before);
        text(out, "reason", gap.reason);
        out.end_object();
    }
    out.end_array();
    out.end_object();
}

void write_found(json::Writer& out, std::string_view name, const std::vector<MissingBlob>& blobs) {
    out.name(name);
    out.begin_array();
    for (const auto& blob : blobs) {
        out.begin_object();
        text(out, "object", blob.object);
        text(out, "blob", blob.blob);
        out.end_object();
    }
    out.end_array();
}

void write_blobs(json::Writer& out, std::string_view name, const BlobsReport& report) {
    out.name(name);
    if (!report.blobs) return out.null();
    out.begin_object();
    text(out, "folder", report.folder);
    number(out, "whole", report.blobs->sound);
    number(out, "without_checksums", report.blobs->unsummed);
    number(out, "fault_count", report.blobs->fault_count);
    out.name("faults");
    schema::detail::write_json(out, report.blobs->faults);
    number(out, "missing_count", report.missing_count);
    write_found(out, "missing", report.missing);
    number(out, "of_another_length_count", report.misfit_count);
    write_found(out, "of_another_length", report.misfits);
    write_found(out, "nameless", report.nameless);
    number(out, "without_a_row", report.unreferenced());
    out.end_object();
}

// What becomes of blobs without a row: the service removes only what provably has none
// (common/store/README.md).
std::string fate_of_unreferenced(const FolderReport& report) {
    if (report.has_lost_rows) {
        return fmt::format("they stay while {} is there, which a repair has left",
                           store::rows_lost_file);
    }
    if (!report.rows || !report.rows->is_sound()) {
        return "those stay whose rows may be among the ones that cannot be read";
    }
    return "the next start removes them, or moves to quarantine/ what does not say whose it is";
}

void add_references(std::string& text, const FolderReport& report, const BlobsReport& blobs) {
    for (const auto& nameless : blobs.nameless) {
        add_line(text, blobs.folder,
                 "blob {}, which does not say whose it is any more, has bytes of {}", nameless.blob,
                 printable(nameless.object));
    }
    for (const auto& missing : blobs.missing) {
        add_line(text, blobs.folder,
                 "the bytes of {} are missing (blob {}): put the object again, or delete it",
                 printable(missing.object), missing.blob);
    }
    if (blobs.missing_count > blobs.missing.size()) {
        add_line(text, blobs.folder, "and {} objects more without bytes",
                 blobs.missing_count - blobs.missing.size());
    }
    for (const auto& misfit : blobs.misfits) {
        add_line(text, blobs.folder,
                 "the bytes of {} are not as many as its row says (blob {}): put the object again, "
                 "or delete it",
                 printable(misfit.object), misfit.blob);
    }
    if (blobs.misfit_count > blobs.misfits.size()) {
        add_line(text, blobs.folder, "and {} objects more with bytes of another length",
                 blobs.misfit_count - blobs.misfits.size());
    }
    if (blobs.unreferenced() > 0) {
        add_line(text, blobs.folder, "{} blobs have no row: {}", blobs.unreferenced(),
                 fate_of_unreferenced(report));
    }
}

// The text of a row's key before what is not for reading: the age of a version, the number of a
// part.
std::string_view without_tail(std::string_view name) {
    const std::size_t nul = name.find('\0');
    return name.substr(0, nul == std::string_view::npos ? name.rfind('/') : nul);
}

void note(std::vector<MissingBlob>& noted, std::string object, const std::string& blob) {
    if (noted.size() >= BlobsReport::missing_max) return;
    noted.push_back({.object = std::move(object), .blob = blob});
}

}  // namespace

bool BlobsReport::is_sound() const {
    return (!blobs || blobs->is_sound()) && missing_count == 0 && misfit_count == 0;
}

std::uint64_t BlobsReport::unreferenced() const {
    if (!blobs || blobs->places.size() <= referenced) return 0;
    return blobs->places.size() - referenced;
}

void BlobsReport::see(std::string object, const std::string& blob) {
    if (blob.empty() || !blobs) return;
    const auto ref = store::parse_blob_ref(blob);
    if (!ref || !blobs->is_there(*ref)) {
        ++missing_count;
        return note(missing, std::move(object), blob);
    }
    ++referenced;
    if (blobs->is_nameless(*ref)) note(nameless, object, blob);
    if (blobs->has_length(*ref)) return;
    ++misfit_count;
    note(misfits, std::move(object), blob);
}

bool FolderReport::is_sound() const {
    const bool are_rows_sound = !rows || rows->is_sound() || !rows->kept.empty();
    return failures.empty() && are_rows_sound && blobs.is_sound() && cold.is_sound() &&
           fit.fault_count() == 0;
}

void FolderReport::finish() {
    // What a repair has lost is not counted any more before the next start.
    fit.finish(rows && rows->is_sound() && !has_lost_rows);
}

void FolderReport::see_version(std::string object, const schema::ObjectRecord& record) {
    blobs.see(fmt::format("the restored copy of {}", object), record.archive.copy);
    cold.see(fmt::format("the archived {}", object), record.archive.blob);
    blobs.see(std::move(object), record.blob);
}

void FolderReport::see_row(std::string_view key, std::string_view value) {
    if (key.starts_with(schema::manifest_rows_prefix)) {
        const auto row = schema::decode<schema::ManifestRecord>(value);
        const std::string object = fit.owner_of_manifest(key);
        for (const auto& part : row ? row->parts : std::vector<schema::ManifestPart>()) {
            blobs.see(fmt::format("part {} of {}", part.number, object), part.blob);
        }
    }
    fit.see(key, value);
    if (key.starts_with(schema::object_rows_prefix)) {
        const auto row = schema::decode<schema::ObjectRecord>(value);
        const std::string name(key.substr(schema::object_rows_prefix.size()));
        if (row) see_version(name, *row);
    } else if (key.starts_with(schema::version_rows_prefix)) {
        const auto row = schema::decode<schema::ObjectRecord>(value);
        const auto name = key.substr(schema::version_rows_prefix.size());
        if (row) see_version(fmt::format("an old version of {}", without_tail(name)), *row);
    } else if (key.starts_with(schema::part_rows_prefix)) {
        const auto row = schema::decode<schema::PartRecord>(value);
        const auto upload = key.substr(schema::part_rows_prefix.size());
        if (row) blobs.see(fmt::format("a part of upload {}", without_tail(upload)), row->blob);
    }
}

std::string as_text(const FolderReport& report) {
    std::string text;
    if (report.rows) add_rows(text, report.folder, *report.rows);
    for (const BlobsReport* blobs : {&report.blobs, &report.cold}) {
        if (blobs->blobs) add_blobs(text, blobs->folder, *blobs->blobs);
        add_references(text, report, *blobs);
    }
    if (report.cold.missing_count > 0 && report.cold.blobs->places.empty()) {
        add_line(text, report.cold.folder,
                 "nothing is here: if the storage service keeps archived objects elsewhere, name "
                 "its cold_data with --cold-data");
    }
    for (const auto& fault : report.fit.faults()) {
        add_line(text, report.folder, "{}", printable(fault));
    }
    if (report.fit.fault_count() > report.fit.faults().size()) {
        add_line(text, report.folder, "and {} rows more that do not fit",
                 report.fit.fault_count() - report.fit.faults().size());
    }
    return text;
}

void write_json(json::Writer& out, const std::vector<FolderReport>& reports) {
    out.begin_object();
    out.name("sound");
    out.boolean(std::ranges::all_of(reports, &FolderReport::is_sound));
    out.name("services");
    out.begin_array();
    for (const auto& report : reports) {
        out.begin_object();
        text(out, "name", report.service);
        text(out, "folder", report.folder);
        out.name("failures");
        schema::detail::write_json(out, report.failures);
        out.name("rows");
        report.rows ? write_rows(out, *report.rows) : out.null();
        write_blobs(out, "blobs", report.blobs);
        write_blobs(out, "cold", report.cold);
        number(out, "misfit_count", report.fit.fault_count());
        out.name("misfits");
        schema::detail::write_json(out, report.fit.faults());
        number(out, "blobs_without_a_row", report.blobs.unreferenced());
        out.end_object();
    }
    out.end_array();
    out.end_object();
}

}  // namespace onput::ctl
