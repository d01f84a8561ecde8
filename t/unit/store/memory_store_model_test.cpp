// Many random requests to the store and to a std::map: both have to say the same.
#include "store/memory_store.hpp"

#include "support/stored.hpp"

#include <algorithm>
#include <map>
#include <random>
#include <set>

#include "support/check.hpp"

using namespace ciam;
using namespace ciam::test;
using Status = base::StoreReply::Status;

namespace {

struct Known {
    base::Record record; // its version: 0 until it is seen
    base::Seconds last_seen = 0;
};

class Model {
public:
    Model(std::size_t bytes, std::uint32_t seed) : stored_(bytes), random_(seed) {}

    void step()
    {
        now_ += pick(20) == 0 ? static_cast<base::Seconds>(pick(200)) : 0;
        const auto number = pick(numbers);
        switch (pick(20)) {
        case 0:
            return remove_tagged(pick(tags));
        case 1:
        case 2:
            return remove(number);
        case 3:
        case 4:
        case 5:
        case 6:
        case 7:
            return insert(number);
        case 8:
        case 9:
        case 10:
        case 11:
            return replace(number);
        default:
            return find(number);
        }
    }

    /// Looks at every record once.
    void finish()
    {
        for (std::uint64_t number = 0; number < numbers; ++number) {
            find(number);
        }
        assert_int_equal(asker_.status().records, known_.size());
        assert_int_equal(asker_.status().evicted_live, evicted_);
        for (const auto& [number, known] : known_) {
            asker_.remove(id_of(number));
        }
        assert_int_equal(asker_.status().bytes_used, empty_);
    }

    /// Then a record that is missing is one that was evicted; else an error.
    void expect_evictions() { may_evict_ = true; }
    std::uint64_t evicted() const { return evicted_; }
    std::size_t expired() const { return expired_; }
    std::size_t spared() const { return spared_; }

private:
    static constexpr std::uint64_t numbers = 300;
    static constexpr std::uint64_t tags = 20;

    std::uint64_t pick(std::uint64_t below) { return random_() % below; }

    base::Record any_record()
    {
        auto record = record_of(++seed_, 8 + pick(pick(4) == 0 ? 2500 : 500),
                                pick(2) == 0 ? 0 : 8 + pick(1500));
        record.idle_timeout =
            may_evict_ ? a_day * 1000 : 500 + static_cast<base::Seconds>(pick(3000));
        record.limit =
            now_ + (may_evict_ ? a_day * 1000 : 500 + static_cast<base::Seconds>(pick(9000)));
        for (auto i = pick(3); i > 0; --i) {
            record.tags.push_back(id_of(100000 + pick(tags)));
        }
        return record;
    }

    /// Null when the model has none that has not expired.
    Known* living(std::uint64_t number)
    {
        const auto found = known_.find(number);
        if (found == known_.end()) {
            return nullptr;
        }
        const auto& [record, last_seen] = found->second;
        if (now_ >= record.limit || now_ - last_seen >= record.idle_timeout) {
            ++expired_;
            known_.erase(found);
            return nullptr;
        }
        return &found->second;
    }

    /// Asks the store, and forgets in the model what was evicted. Null when both have none.
    Known* look(std::uint64_t number)
    {
        auto* known = living(number);
        base::FindRecord request{id_of(number), now_, pick(3) == 0};
        if (const auto mark = marks_.find(number); mark != marks_.end() && pick(2) == 0) {
            request.known = mark->second;
        }
        const auto status = asker_.ask(request);
        if (known != nullptr && status == Status::absent && may_evict_) {
            ++evicted_;
            known_.erase(number);
            return nullptr;
        }
        assert_int_equal(status, known != nullptr ? Status::done : Status::absent);
        if (known != nullptr) {
            compare(number, *known, request);
            known->last_seen = now_;
        }
        return known;
    }

    void compare(std::uint64_t number, Known& known, const base::FindRecord& request)
    {
        const auto& found = asker_.record();
        const bool with_cold = request.with_cold;
        const auto mark = base::hot_mark(known.record.hot);
        const bool is_known = !with_cold && mark && request.known == mark;
        assert_int_equal(asker_.reply().is_known, is_known);
        if (is_known) {
            ++spared_;
            return;
        }
        assert_text(found.hot, known.record.hot);
        assert_text(found.cold, with_cold ? known.record.cold : std::string{});
        assert_true(found.tags == as_kept(known.record.tags));
        assert_int_equal(found.limit, known.record.limit);
        assert_int_equal(found.idle_timeout, known.record.idle_timeout);
        if (known.record.version == 0) {
            assert_true(versions_.emplace(number, found.version).second);
            known.record.version = found.version;
        }
        assert_int_equal(found.version, known.record.version);
        if (mark) {
            marks_[number] = *mark;
        }
    }

    void find(std::uint64_t number) { look(number); }

    void insert(std::uint64_t number)
    {
        if (may_evict_) {
            look(number);
        }
        const bool is_there = living(number) != nullptr;
        auto record = any_record();
        const auto status = asker_.insert(id_of(number), record, now_);
        assert_int_equal(status, is_there ? Status::conflict : Status::done);
        if (!is_there) {
            known_[number] = {std::move(record), now_};
        }
    }

    void replace(std::uint64_t number)
    {
        auto* known = look(number);
        auto record = any_record();
        const bool of_this_version = pick(4) != 0;
        record.version = (known != nullptr ? known->record.version : 1) + (of_this_version ? 0 : 1);
        const auto status = asker_.replace(id_of(number), record, now_);
        if (known == nullptr) {
            assert_int_equal(status, Status::absent);
            return;
        }
        assert_int_equal(status, of_this_version ? Status::done : Status::conflict);
        if (of_this_version) {
            record.version = 0;
            *known = {std::move(record), now_};
        }
    }

    void remove(std::uint64_t number)
    {
        look(number);
        assert_int_equal(asker_.remove(id_of(number)), Status::done);
        known_.erase(number);
    }

    void remove_tagged(std::uint64_t tag)
    {
        if (may_evict_) { // of the removed nobody could tell who had been evicted before
            for (std::uint64_t number = 0; number < numbers; ++number) {
                look(number);
            }
        }
        const auto id = id_of(100000 + tag);
        assert_int_equal(asker_.remove_tagged(id), Status::done);
        std::erase_if(known_, [&](const auto& entry) {
            const auto& has = entry.second.record.tags;
            return std::find(has.begin(), has.end(), id) != has.end();
        });
    }

    Stored stored_;
    Asker asker_{stored_.memory()};
    std::size_t empty_ = asker_.status().bytes_used;
    std::mt19937 random_;
    std::map<std::uint64_t, Known> known_;
    std::set<std::pair<std::uint64_t, std::uint64_t>> versions_; // of each number, all of them
    base::Seconds now_ = start;
    std::uint64_t seed_ = 0;
    std::map<std::uint64_t, base::HotMark> marks_; // that were seen last
    std::size_t spared_ = 0;                       // answers without the record
    std::uint64_t evicted_ = 0;
    std::size_t expired_ = 0;
    bool may_evict_ = false;
};

void with_room_for_all_it_is_a_map_whose_entries_expire(void**)
{
    for (std::uint32_t seed = 1; seed <= 3; ++seed) {
        Model model{8 * 1024 * 1024, seed};
        for (int i = 0; i < 20000; ++i) {
            model.step();
        }
        model.finish();
        assert_true(model.expired() > 100);
        assert_true(model.spared() > 100);
        assert_int_equal(model.evicted(), 0);
    }
}

void without_room_it_is_a_map_that_forgets_and_counts_whom(void**)
{
    for (std::uint32_t seed = 1; seed <= 3; ++seed) {
        Model model{store::MemoryStore::smallest, seed};
        model.expect_evictions();
        for (int i = 0; i < 15000; ++i) {
            model.step();
        }
        model.finish();
        assert_true(model.evicted() > 100);
    }
}

} // namespace

int main()
{
    const CMUnitTest tests[] = {
        cmocka_unit_test(with_room_for_all_it_is_a_map_whose_entries_expire),
        cmocka_unit_test(without_room_it_is_a_map_that_forgets_and_counts_whom),
    };
    return cmocka_run_group_tests(tests, nullptr, nullptr);
}
