#include "store/journal.hpp"

#include "store/snapshot.hpp"
#include "support/shared_memory.hpp"

#include <filesystem>
#include <fstream>

#include "support/check.hpp"

using namespace ciam;
using namespace ciam::test;
using store::Journal;
using store::JournaledStore;
using store::MemoryStore;
using Status = base::StoreReply::Status;

namespace {

constexpr std::size_t bytes = 1 << 20;
constexpr base::Seconds now = 1000;

class Directory {
public:
    Directory() : path_(mkdtemp(pattern_)) {}
    Directory(const Directory&) = delete;
    Directory& operator=(const Directory&) = delete;
    ~Directory() { std::filesystem::remove_all(path_); }
    std::string operator/(const char* name) const { return path_ + "/" + name; }

private:
    char pattern_[32] = "/tmp/ciam-journal-XXXXXX";
    std::string path_;
};

/// A store with a snapshot on a disk.
class Machine {
public:
    Machine() { MemoryStore::format(memory_.get(), bytes); }

    Status ask(const base::StoreRequest& request)
    {
        MemoryStore store{memory_.get()};
        JournaledStore journaled{store, snapshot_};
        base::StoreReply reply;
        journaled.ask(request, reply, nullptr);
        failures_ += journaled.failures();
        return reply.status;
    }
    Status insert(std::uint64_t number, base::Seconds issued_at = now)
    {
        base::Record record;
        record.hot = text_of(number, 100);
        record.idle_timeout = 1000000;
        record.limit = 2000000;
        record.tags = {id_of(number + 1000)};
        return ask(base::InsertRecord{id_of(number), now, record, issued_at, 0});
    }
    bool has(std::uint64_t number)
    {
        return ask(base::FindRecord{id_of(number), now}) == Status::done;
    }

    void begin_to_save() { Journal::begin_snapshot(snapshot_); }
    void save()
    {
        begin_to_save();
        MemoryStore store{memory_.get()};
        store::save_snapshot(store, snapshot_, now);
        Journal::end_snapshot(snapshot_);
    }
    /// Memory is gone; how many removals were done again.
    std::size_t reboot()
    {
        MemoryStore::format(memory_.get(), bytes);
        MemoryStore store{memory_.get()};
        store::load_snapshot(store, snapshot_, now);
        return Journal::replay(store, snapshot_);
    }

    std::string journal() const { return snapshot_ + ".removed"; }
    std::uint64_t failures() const { return failures_; }
    void move_to(const std::string& path) { snapshot_ = path; }

private:
    Directory directory_;
    std::string snapshot_ = directory_ / "snapshot";
    SharedMemory memory_{bytes};
    std::uint64_t failures_ = 0;
};

void who_logged_out_after_the_snapshot_stays_logged_out(void**)
{
    Machine machine;
    for (const std::uint64_t number : {1U, 2U, 3U}) {
        machine.insert(number);
    }
    machine.save();
    machine.ask(base::RemoveRecord{id_of(1)});
    machine.ask(base::RemoveTagged{id_of(1002), 0, now, 0});
    assert_int_equal(machine.reboot(), 2);
    assert_false(machine.has(1));
    assert_false(machine.has(2));
    assert_true(machine.has(3));
}

void a_tombstone_is_kept_as_well(void**)
{
    Machine machine;
    machine.save();
    machine.ask(base::RemoveTagged{id_of(1001), now, now, now + 500});
    machine.reboot();
    assert_true(machine.insert(1, now) == Status::ended);
    assert_true(machine.insert(1, now + 1) == Status::done);
}

void what_is_in_the_snapshot_is_not_noted_any_more(void**)
{
    Machine machine;
    machine.insert(1);
    machine.ask(base::RemoveRecord{id_of(1)});
    machine.save();
    assert_int_equal(machine.reboot(), 0);
    assert_false(machine.has(1));
}

void a_snapshot_that_was_not_finished_loses_no_logout(void**)
{
    Machine machine;
    machine.insert(1);
    machine.insert(2);
    machine.save();
    machine.ask(base::RemoveRecord{id_of(1)});
    machine.begin_to_save();
    machine.ask(base::RemoveRecord{id_of(2)});
    machine.begin_to_save(); // and once more it dies
    assert_int_equal(machine.reboot(), 2);
    assert_false(machine.has(1));
    assert_false(machine.has(2));
}

void an_entry_that_was_cut_off_does_no_harm(void**)
{
    Machine machine;
    machine.insert(1);
    machine.insert(2);
    machine.save();
    machine.ask(base::RemoveRecord{id_of(1)});
    std::filesystem::resize_file(machine.journal(),
                                 std::filesystem::file_size(machine.journal()) + 30);
    assert_int_equal(machine.reboot(), 1);
    assert_false(machine.has(1));
    assert_true(machine.has(2));
}

void rubbish_removes_nothing(void**)
{
    Machine machine;
    machine.insert(1);
    machine.save();
    std::ofstream{machine.journal()} << std::string(4096, 'x');
    assert_int_equal(machine.reboot(), 0);
    assert_true(machine.has(1));
}

void a_removal_that_cannot_be_noted_is_done_and_counted(void**)
{
    Machine machine;
    machine.insert(1);
    machine.move_to("/nowhere/snapshot");
    assert_true(machine.ask(base::RemoveRecord{id_of(1)}) == Status::done);
    assert_false(machine.has(1));
    assert_int_equal(machine.failures(), 1);
}

} // namespace

int main()
{
    const CMUnitTest tests[] = {
        cmocka_unit_test(who_logged_out_after_the_snapshot_stays_logged_out),
        cmocka_unit_test(a_tombstone_is_kept_as_well),
        cmocka_unit_test(what_is_in_the_snapshot_is_not_noted_any_more),
        cmocka_unit_test(a_snapshot_that_was_not_finished_loses_no_logout),
        cmocka_unit_test(an_entry_that_was_cut_off_does_no_harm),
        cmocka_unit_test(rubbish_removes_nothing),
        cmocka_unit_test(a_removal_that_cannot_be_noted_is_done_and_counted),
    };
    return cmocka_run_group_tests(tests, nullptr, nullptr);
}
