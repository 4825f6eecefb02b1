package org.rbench.sample

import java.io.File
import java.util.concurrent.Executor
import java.util.concurrent.ExecutorService
import java.util.concurrent.Executors
import java.util.concurrent.RejectedExecutionException
import java.util.concurrent.atomic.AtomicInteger
import rbench.Answer
import rbench.Recommender

/** What the screen shows. */
data class Shown(
    /** What was touched, newest first. */
    val touched: List<String>,
    /** Nothing before the first tap. */
    val answer: Answer?,
    /** Of this answer, the model's part. */
    val milliseconds: Double,
)

/**
 * The model and the history behind the screen. All of it happens on one thread of its own: opening,
 * which reads and verifies the files, every answer, and every change of the history. The screen's
 * thread only hands over a tap and is told what to show; an answer that a later tap has overtaken
 * is not shown.
 *
 * @param read a file of the bundle by its name.
 * @param screen runs what it is given on the screen's thread.
 */
class Session(
    private val read: (String) -> ByteArray,
    private val history: File,
    private val screen: Executor,
    private val show: (Shown) -> Unit,
    private val ready: (Catalogue) -> Unit,
    private val fail: (String) -> Unit,
    private val worker: ExecutorService = Executors.newSingleThreadExecutor { Thread(it, WORKER) },
) : AutoCloseable {
    private val newest = AtomicInteger()
    private lateinit var recommender: Recommender
    private lateinit var taps: Taps

    init {
        later {
            recommender = Recommender.open(read = read)
            val catalogue = Catalogue(recommender.ids, recommender.titles)
            taps = Taps(history)
            screen.execute { ready(catalogue) }
        }
        change {}
    }

    fun touch(id: String) = change { taps.touch(id) }

    fun remove(id: String) = change { taps.remove(id) }

    fun forget() = change { taps.forget() }

    private fun change(edit: () -> Unit) {
        val number = newest.incrementAndGet()
        later {
            if (!::taps.isInitialized) return@later // it said why
            edit()
            if (number != newest.get()) return@later // a later tap is on its way
            val touched = taps.ids
            val began = System.nanoTime()
            val answer = if (touched.isEmpty()) null else recommender.recommendIds(touched, best())
            val taken = (System.nanoTime() - began) / 1e6
            screen.execute {
                if (number == newest.get()) show(Shown(touched.asReversed(), answer, taken))
            }
        }
    }

    private fun best() = minOf(LISTED, recommender.k)

    private fun later(work: () -> Unit) {
        try {
            worker.execute {
                try {
                    work()
                } catch (error: Exception) {
                    screen.execute { fail(error.message ?: error.javaClass.simpleName) }
                }
            }
        } catch (_: RejectedExecutionException) {
            // It was closed: nobody looks any more.
        }
    }

    /** Frees the model once what is under way is done. */
    override fun close() {
        later { if (::recommender.isInitialized) recommender.close() }
        worker.shutdown()
    }

    companion object {
        const val WORKER = "recommender"
        const val LISTED = 10
    }
}
