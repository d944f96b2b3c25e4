using Freehold.LocalHost.BlobTriggers;

namespace Freehold.Functions.Tests.LocalHost;

public sealed class FairSlotsTests
{
    [Fact]
    public void Folder_with_one_waits_for_one_of_the_others_and_not_for_all()
    {
        static bool Done(Task task) => task.IsCompleted;
        FairSlots slots = new(1);
        Assert.True(slots.WaitAsync("many", default).IsCompleted);
        Task[] many = [.. Enumerable.Range(0, 1_000).Select(_ => slots.WaitAsync("many", default))];
        Task one = slots.WaitAsync("one", default);

        slots.Release();
        Assert.Equal((1, false), (many.Count(Done), Done(one)));
        slots.Release();
        Assert.Equal((1, true), (many.Count(Done), Done(one)));
        slots.Release();
        Assert.Equal(2, many.Count(Done));
    }

    [Fact]
    public void Slot_that_nobody_waits_for_is_free_again()
    {
        FairSlots slots = new(2);
        Assert.True(slots.WaitAsync("a", default).IsCompleted);
        Assert.True(slots.WaitAsync("b", default).IsCompleted);
        Task third = slots.WaitAsync("a", default);
        Assert.False(third.IsCompleted);

        slots.Release();
        Assert.True(third.IsCompleted);
        slots.Release();
        Assert.True(slots.WaitAsync("c", default).IsCompleted);
    }
}
