// load_server: a local Bot API server that also plays N scripted people. Go standard library only; listens on 127.0.0.1 only.
// It always ends by itself (-warm + -secs + drain, or -idle) and prints one JSON line. See docs/benchmarks.md.
//
// What counts as what: a reply that holds the marker of the step is an answer; a reply when nobody waits, or with another step's marker, is a
// repeat (by chat, and by send or edit); anything else is unexpected and leaves the person waiting. An edit that changes nothing is refused
// as Telegram refuses it, so it is no repeat: nobody could see it. GET /_kill says that the bot has just been killed: repeats are then counted anew by chat.
package main

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"math/rand"
	"net/http"
	"net/url"
	"os"
	"runtime"
	"sort"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

var (
	fPort   = flag.Int("port", 8081, "port on 127.0.0.1")
	fUsers  = flag.Int("users", 200, "simulated users")
	fScript = flag.String("script", "script.json", "conversation script")
	fMode   = flag.String("loop", "closed", "closed | open | none (none: API only)")
	fRate   = flag.Float64("rate", 100, "updates/s in open loop")
	fThink  = flag.Duration("think", 20*time.Millisecond, "mean think time, uniform 0.5x..1.5x")
	fWarm   = flag.Duration("warm", 3*time.Second, "warm-up after the bot's first contact")
	fSecs   = flag.Duration("secs", 10*time.Second, "measured time")
	fDrain  = flag.Duration("drain", 10*time.Second, "longest drain")
	fIdle   = flag.Duration("idle", 60*time.Second, "give up if no bot shows up; with -loop none: life time")
	fLost   = flag.Duration("lost", 60*time.Second, "a reply later than this is lost")
	fDelay  = flag.Duration("delay", 0, "delay before each API response (network + Telegram time)")
	f429    = flag.Float64("p429", 0, "probability of 429 on send*/edit*")
	fRetry  = flag.Int("retry-after", 1, "retry_after seconds")
	f5xx    = flag.Float64("p5xx", 0, "probability of 502 on send*/edit*")
	fDropB  = flag.Float64("pdrop-before", 0, "probability of closing the connection, message NOT delivered")
	fDropA  = flag.Float64("pdrop-after", 0, "probability of closing the connection, message delivered")
	fChatPS = flag.Float64("chat-rate", 0, "per-chat messages/s (burst 1s+1), else 429; 0 = off")
	fAllPS  = flag.Float64("all-rate", 0, "global messages/s (burst 1s), else 429; 0 = off")
	fProcs  = flag.Int("procs", 2, "GOMAXPROCS")
	fLang   = flag.String("lang", "es", "language_code of the people")
	fSeed   = flag.Int64("seed", 1, "seed")
	fOut    = flag.String("out", "", "write the JSON result here too")
)

type Step struct {
	Send    string `json:"send,omitempty"`
	Tap     *int   `json:"tap,omitempty"`
	TapData string `json:"tapdata,omitempty"`
	Expect  string `json:"expect,omitempty"`
	Replies int    `json:"replies,omitempty"`
}
type Btn struct {
	Text string `json:"text"`
	Data string `json:"callback_data"`
}
type User struct {
	mu      sync.Mutex
	id      int64
	step    int
	waiting bool
	got     int
	sentAt  time.Time
	nextMsg int64
	lastID  int64
	lastTxt string
	lastKB  json.RawMessage
	btns    []Btn
	bucket  float64
	bktAt   time.Time
	again   int64 // sends repeated to this chat since the last kill
	era     int64 // the kill they are counted from
}

const base = 100000000

var (
	script []Step
	users  []*User
	phase  int32 // 0 wait, 1 warm, 2 measure, 3 drain, 4 done
	t0, t1 time.Time
	first  = make(chan struct{})
	once   sync.Once

	qmu     sync.Mutex
	queue   []upd
	nextUpd int64 = 1000
	waitCh        = make(chan struct{})
	hookCh        = make(chan upd, 1<<20)
	hookURL string
	hookSec string

	lmu  sync.Mutex
	lats []int32

	done, dup, unexpected, lost, missed, convs, cbqSent, cbqAns, noBtn, hookErr int64
	n429, n5xx, nDropA, nDropB, polls, polled, totalReq, redeliver              int64
	cmu                                                                         sync.Mutex
	calls                                                                       = map[string]*int64{}
	idle                                                                        pool
	rng                                                                         *rand.Rand
	rmu                                                                         sync.Mutex
	allBkt                                                                      float64
	allAt                                                                       time.Time

	kills, dupEdit, dupChatMax int64 // of dup: how many were edits; the most to one chat between two kills
	dupEra                     [64]int64
	silence, jitter            int64 // longest while with somebody waiting and nobody answered, and longest own oversleep, both in ns
	lastReply                  int64
)

// pool holds the people of an open loop who are free to write. Any of them may be next, so that soon all steps of the script are under way at once.
type pool struct {
	mu   sync.Mutex
	free []*User
}

func (p *pool) put(u *User) {
	p.mu.Lock()
	p.free = append(p.free, u)
	p.mu.Unlock()
}

func (p *pool) take() *User {
	p.mu.Lock()
	defer p.mu.Unlock()
	n := len(p.free)
	if n == 0 {
		return nil
	}
	i := int(rnd() * float64(n))
	u := p.free[i]
	p.free[i] = p.free[n-1]
	p.free = p.free[:n-1]
	return u
}

type upd struct {
	id   int64
	body []byte
	seen bool
}

func rnd() float64 { rmu.Lock(); defer rmu.Unlock(); return rng.Float64() }
func js(s string) string {
	b, _ := json.Marshal(s)
	return string(b)
}

func enqueue(build func(id int64) []byte) {
	qmu.Lock()
	nextUpd++
	u := upd{id: nextUpd, body: build(nextUpd)}
	if hookURL != "" {
		qmu.Unlock()
		hookCh <- u
		return
	}
	queue = append(queue, u)
	close(waitCh)
	waitCh = make(chan struct{})
	qmu.Unlock()
}

// send plays the user's current step. u.mu is held.
func (u *User) send(at time.Time) {
	st := &script[u.step]
	u.waiting, u.got, u.sentAt = true, 0, at
	from := fmt.Sprintf(`{"id":%d,"is_bot":false,"first_name":"User%d","username":"user%d","language_code":"%s"}`, u.id, u.id-base, u.id-base, *fLang)
	chat := fmt.Sprintf(`{"id":%d,"first_name":"User%d","username":"user%d","type":"private"}`, u.id, u.id-base, u.id-base)
	now := time.Now().Unix()
	if st.Send != "" {
		u.nextMsg++
		mid, ent := u.nextMsg, ""
		if st.Send[0] == '/' {
			ent = fmt.Sprintf(`,"entities":[{"offset":0,"length":%d,"type":"bot_command"}]`, len(strings.Fields(st.Send)[0]))
		}
		enqueue(func(id int64) []byte {
			return []byte(fmt.Sprintf(`{"update_id":%d,"message":{"message_id":%d,"from":%s,"chat":%s,"date":%d,"text":%s%s}}`, id, mid, from, chat, now, js(st.Send), ent))
		})
		return
	}
	data, ok := "", false
	if st.Tap != nil && *st.Tap < len(u.btns) {
		data, ok = u.btns[*st.Tap].Data, true
	}
	for _, b := range u.btns {
		if st.TapData != "" && strings.Contains(b.Data, st.TapData) {
			data, ok = b.Data, true
			break
		}
	}
	if !ok {
		atomic.AddInt64(&noBtn, 1)
		u.step = 0
		u.send(at)
		return
	}
	atomic.AddInt64(&cbqSent, 1)
	kb := ""
	if len(u.lastKB) > 0 {
		kb = `,"reply_markup":` + string(u.lastKB)
	}
	lid, ltxt := u.lastID, u.lastTxt
	enqueue(func(id int64) []byte {
		return []byte(fmt.Sprintf(`{"update_id":%d,"callback_query":{"id":"%d","from":%s,"message":{"message_id":%d,"from":{"id":42,"is_bot":true,"first_name":"Fake","username":"fake_bot"},"chat":%s,"date":%d,"text":%s%s},"chat_instance":"%d","data":%s}}`,
			id, id*7919, from, lid, chat, now, js(ltxt), kb, u.id*31, js(data)))
	})
}

func raise(to *int64, v int64) {
	for {
		old := atomic.LoadInt64(to)
		if v <= old || atomic.CompareAndSwapInt64(to, old, v) {
			return
		}
	}
}

// repeated is a reply nobody waited for. u.mu is held.
func (u *User) repeated(edit bool) {
	atomic.AddInt64(&dup, 1)
	era := atomic.LoadInt64(&kills)
	if era < int64(len(dupEra)) {
		atomic.AddInt64(&dupEra[era], 1)
	}
	if edit {
		atomic.AddInt64(&dupEdit, 1)
		return
	}
	if u.era != era {
		u.era, u.again = era, 0
	}
	u.again++
	raise(&dupChatMax, u.again)
}

// quiet notes for how long the whole bot had said nothing while u waited.
func quiet(now, since time.Time) {
	last := atomic.SwapInt64(&lastReply, now.UnixNano())
	if s := since.UnixNano(); last < s {
		last = s
	}
	if atomic.LoadInt32(&phase) == 2 && last >= t0.UnixNano() {
		raise(&silence, now.UnixNano()-last)
	}
}

// same says whether an edit would change nothing.
func (u *User) same(text string, kb json.RawMessage, mid int64) bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	return mid == u.lastID && text == u.lastTxt && bytes.Equal(kb, u.lastKB)
}

// reply is a delivered send*/edit* to u.
func (u *User) reply(text string, kb json.RawMessage, edit bool, mid int64) (int64, bool) {
	now := time.Now()
	u.mu.Lock()
	defer u.mu.Unlock()
	if !edit {
		u.nextMsg++
		mid = u.nextMsg
	}
	u.lastID, u.lastTxt, u.lastKB = mid, text, kb
	if len(kb) > 0 {
		var k struct {
			IK [][]Btn `json:"inline_keyboard"`
		}
		if json.Unmarshal(kb, &k) == nil && len(k.IK) > 0 {
			u.btns = u.btns[:0]
			for _, r := range k.IK {
				u.btns = append(u.btns, r...)
			}
		}
	}
	if *fMode == "none" {
		return mid, true
	}
	if !u.waiting {
		u.repeated(edit)
		return mid, true
	}
	st := &script[u.step]
	if st.Expect != "" && !strings.Contains(text, st.Expect) {
		for i := range script {
			if i != u.step && script[i].Expect != "" && strings.Contains(text, script[i].Expect) {
				u.repeated(edit)
				return mid, true
			}
		}
		if n := atomic.AddInt64(&unexpected, 1); n < 4 {
			fmt.Fprintf(os.Stderr, "unexpected reply: step %d got %q\n", u.step, text)
		}
		return mid, true
	}
	need := st.Replies
	if need == 0 {
		need = 1
	}
	u.got++
	if u.got < need {
		return mid, true
	}
	u.waiting = false
	quiet(now, u.sentAt)
	if atomic.LoadInt32(&phase) == 2 {
		atomic.AddInt64(&done, 1)
	}
	if atomic.LoadInt32(&phase) >= 2 && !u.sentAt.Before(t0) { // also replies that come in the drain, or a stall at the end would be hidden
		lmu.Lock()
		lats = append(lats, int32(now.Sub(u.sentAt).Microseconds()))
		lmu.Unlock()
	}
	u.step++
	if u.step == len(script) {
		u.step = 0
		if atomic.LoadInt32(&phase) == 2 {
			atomic.AddInt64(&convs, 1)
		}
	}
	if atomic.LoadInt32(&phase) >= 3 {
		return mid, true
	}
	if *fMode == "open" {
		idle.put(u)
	} else {
		th := time.Duration((0.5 + rnd()) * float64(*fThink))
		if th <= 0 {
			u.send(now)
		} else {
			time.AfterFunc(th, func() {
				u.mu.Lock()
				if !u.waiting && atomic.LoadInt32(&phase) < 3 {
					u.send(time.Now())
				}
				u.mu.Unlock()
			})
		}
	}
	return mid, true
}

func params(r *http.Request) (func(string) string, func(string) json.RawMessage) {
	ct := r.Header.Get("Content-Type")
	if strings.HasPrefix(ct, "multipart/") {
		r.ParseMultipartForm(32 << 20)
		g := func(k string) string { return r.FormValue(k) }
		return g, func(k string) json.RawMessage { return json.RawMessage(g(k)) }
	}
	var body []byte
	if n := r.ContentLength; n > 0 && n < 1<<20 {
		body = make([]byte, n)
		io.ReadFull(r.Body, body)
	} else if n != 0 {
		body, _ = io.ReadAll(r.Body)
	}
	if strings.HasPrefix(ct, "application/json") {
		var m map[string]json.RawMessage
		json.Unmarshal(body, &m)
		raw := func(k string) json.RawMessage {
			v := m[k]
			if len(v) > 1 && v[0] == '"' {
				var s string
				json.Unmarshal(v, &s)
				return json.RawMessage(s)
			}
			return v
		}
		return func(k string) string { return string(raw(k)) }, raw
	}
	q, _ := url.ParseQuery(string(body))
	if r.URL.RawQuery != "" {
		for k, v := range r.URL.Query() {
			q[k] = v
		}
	}
	g := func(k string) string { return q.Get(k) }
	return g, func(k string) json.RawMessage { return json.RawMessage(g(k)) }
}

func out(w http.ResponseWriter, code int, body string) {
	w.Header()["Content-Type"] = ctJSON
	w.Header()["Date"] = nil
	if code != 200 {
		w.WriteHeader(code)
	}
	io.WriteString(w, body)
}

var ctJSON = []string{"application/json"}

func fail(w http.ResponseWriter, code int, desc string) {
	out(w, code, fmt.Sprintf(`{"ok":false,"error_code":%d,"description":%s}`, code, js(desc)))
}
func drop(w http.ResponseWriter) {
	if h, ok := w.(http.Hijacker); ok {
		if c, _, err := h.Hijack(); err == nil {
			c.Close()
		}
	}
}
func bucket(level *float64, at *time.Time, rate, burst float64) bool {
	now := time.Now()
	if at.IsZero() {
		*level = burst
	} else {
		*level += now.Sub(*at).Seconds() * rate
		if *level > burst {
			*level = burst
		}
	}
	*at = now
	if *level < 1 {
		return false
	}
	*level--
	return true
}

func deliver(w http.ResponseWriter, m string, get func(string) string, raw func(string) json.RawMessage) {
	edit := strings.HasPrefix(m, "edit")
	id, err := strconv.ParseInt(get("chat_id"), 10, 64)
	if err != nil || id < base || int(id-base) >= len(users) {
		fail(w, 400, "Bad Request: chat not found")
		return
	}
	text := get("text")
	if text == "" {
		text = get("caption")
	}
	if text == "" && (m == "sendMessage" || m == "editMessageText") {
		fail(w, 400, "Bad Request: message text is empty")
		return
	}
	if len([]rune(text)) > 4096 {
		fail(w, 400, "Bad Request: message is too long")
		return
	}
	u := users[id-base]
	limited := *f429 > 0 && rnd() < *f429
	if *fAllPS > 0 {
		rmu.Lock()
		limited = limited || !bucket(&allBkt, &allAt, *fAllPS, *fAllPS)
		rmu.Unlock()
	}
	if *fChatPS > 0 && !limited {
		u.mu.Lock()
		limited = !bucket(&u.bucket, &u.bktAt, *fChatPS, *fChatPS+1)
		u.mu.Unlock()
	}
	if limited {
		atomic.AddInt64(&n429, 1)
		out(w, 429, fmt.Sprintf(`{"ok":false,"error_code":429,"description":"Too Many Requests: retry after %d","parameters":{"retry_after":%d}}`, *fRetry, *fRetry))
		return
	}
	if *f5xx > 0 && rnd() < *f5xx {
		atomic.AddInt64(&n5xx, 1)
		fail(w, 502, "Bad Gateway")
		return
	}
	if *fDropB > 0 && rnd() < *fDropB {
		atomic.AddInt64(&nDropB, 1)
		drop(w)
		return
	}
	mid, _ := strconv.ParseInt(get("message_id"), 10, 64)
	kb := raw("reply_markup")
	if m == "editMessageText" && u.same(text, kb, mid) {
		fail(w, 400, "Bad Request: message is not modified: specified new message content and reply markup are exactly the same as a current content and reply markup of the message")
		return
	}
	if m != "editMessageReplyMarkup" {
		mid, _ = u.reply(text, kb, edit, mid)
	}
	if *fDropA > 0 && rnd() < *fDropA {
		atomic.AddInt64(&nDropA, 1)
		drop(w)
		return
	}
	k := ""
	if bytes.Contains(kb, []byte("inline_keyboard")) {
		k = `,"reply_markup":` + string(kb)
	}
	out(w, 200, fmt.Sprintf(`{"ok":true,"result":{"message_id":%d,"from":{"id":42,"is_bot":true,"first_name":"Fake","username":"fake_bot"},"chat":{"id":%d,"first_name":"User%d","username":"user%d","type":"private"},"date":%d,"text":%s%s}}`,
		mid, u.id, u.id-base, u.id-base, time.Now().Unix(), js(text), k))
}

func getUpdates(w http.ResponseWriter, r *http.Request, get func(string) string) {
	once.Do(func() { close(first) })
	off, _ := strconv.ParseInt(get("offset"), 10, 64)
	lim, _ := strconv.Atoi(get("limit"))
	if lim <= 0 || lim > 100 {
		lim = 100
	}
	tmo, _ := strconv.ParseFloat(get("timeout"), 64)
	end := time.After(time.Duration(tmo * float64(time.Second)))
	for {
		qmu.Lock()
		i := 0
		for i < len(queue) && queue[i].id < off {
			i++
		}
		queue = queue[i:]
		if n := len(queue); n > 0 {
			if n > lim {
				n = lim
			}
			var b bytes.Buffer
			b.WriteString(`{"ok":true,"result":[`)
			for j := 0; j < n; j++ {
				if j > 0 {
					b.WriteByte(',')
				}
				if queue[j].seen {
					redeliver++
				}
				queue[j].seen = true
				b.Write(queue[j].body)
			}
			b.WriteString(`]}`)
			polls++
			polled += int64(n)
			qmu.Unlock()
			w.Header()["Content-Type"] = ctJSON
			w.Write(b.Bytes())
			return
		}
		ch := waitCh
		qmu.Unlock()
		select {
		case <-ch:
		case <-end:
			out(w, 200, `{"ok":true,"result":[]}`)
			return
		case <-r.Context().Done():
			return
		}
	}
}

func count(m string) {
	cmu.Lock()
	p := calls[m]
	if p == nil {
		p = new(int64)
		calls[m] = p
	}
	*p++
	cmu.Unlock()
}

func api(w http.ResponseWriter, r *http.Request) {
	atomic.AddInt64(&totalReq, 1)
	p := r.URL.Path
	if p == "/_stats" {
		out(w, 200, string(stats()))
		return
	}
	if p == "/_phase" { // /_stats costs a sort: not while measuring
		out(w, 200, strconv.Itoa(int(atomic.LoadInt32(&phase))))
		return
	}
	if p == "/_kill" {
		if atomic.LoadInt64(&kills) < int64(len(dupEra)-1) {
			atomic.AddInt64(&kills, 1)
		}
		out(w, 200, strconv.FormatInt(atomic.LoadInt64(&kills), 10))
		return
	}
	i := strings.LastIndexByte(p, '/')
	if !strings.HasPrefix(p, "/bot") || i < 4 {
		fail(w, 404, "Not Found")
		return
	}
	m := p[i+1:]
	get, raw := params(r)
	count(m)
	if m == "getUpdates" || m == "GetUpdates" {
		getUpdates(w, r, get)
		return
	}
	if *fDelay > 0 {
		rec := &delayed{ResponseWriter: w, code: 200}
		method(rec, m, get, raw)
		if rec.hijacked {
			return
		}
		time.Sleep(*fDelay)
		out(w, rec.code, rec.buf.String())
		return
	}
	method(w, m, get, raw)
}

type delayed struct {
	http.ResponseWriter
	buf      bytes.Buffer
	code     int
	hijacked bool
}

func (d *delayed) Write(b []byte) (int, error)       { return d.buf.Write(b) }
func (d *delayed) WriteString(s string) (int, error) { return d.buf.WriteString(s) }
func (d *delayed) WriteHeader(c int)                 { d.code = c }

func method(w http.ResponseWriter, m string, get func(string) string, raw func(string) json.RawMessage) {
	switch {
	case m == "getMe":
		out(w, 200, `{"ok":true,"result":{"id":42,"is_bot":true,"first_name":"Fake","username":"fake_bot","can_join_groups":true,"can_read_all_group_messages":false,"supports_inline_queries":false,"can_connect_to_business":false,"has_main_web_app":false}}`)
	case m == "sendChatAction":
		out(w, 200, `{"ok":true,"result":true}`)
	case strings.HasPrefix(m, "send") || strings.HasPrefix(m, "editMessage"):
		deliver(w, m, get, raw)
	case m == "answerCallbackQuery":
		atomic.AddInt64(&cbqAns, 1)
		out(w, 200, `{"ok":true,"result":true}`)
	case m == "setWebhook":
		n, _ := strconv.Atoi(get("max_connections"))
		if n <= 0 {
			n = 40
		}
		qmu.Lock()
		fresh := hookURL == ""
		hookURL, hookSec = get("url"), get("secret_token")
		q := queue
		if hookURL != "" {
			queue = nil
		}
		qmu.Unlock()
		if hookURL != "" {
			for _, u := range q {
				hookCh <- u
			}
			if fresh {
				hooks(n)
			}
			time.AfterFunc(300*time.Millisecond, func() { once.Do(func() { close(first) }) })
		}
		out(w, 200, `{"ok":true,"result":true,"description":"Webhook was set"}`)
	case m == "deleteWebhook":
		qmu.Lock()
		hookURL = ""
		qmu.Unlock()
		out(w, 200, `{"ok":true,"result":true}`)
	case m == "getWebhookInfo":
		out(w, 200, fmt.Sprintf(`{"ok":true,"result":{"url":%s,"has_custom_certificate":false,"pending_update_count":%d}}`, js(hookURL), len(queue)))
	case m == "getMyCommands":
		out(w, 200, `{"ok":true,"result":[]}`)
	case m == "getChat":
		out(w, 200, fmt.Sprintf(`{"ok":true,"result":{"id":%s,"type":"private","first_name":"U","accent_color_id":0,"max_reaction_count":11,"accepted_gift_types":{"unlimited_gifts":false,"limited_gifts":false,"unique_gifts":false,"premium_subscription":false,"gifts_from_channels":false}}}`, get("chat_id")))
	case m == "copyMessage":
		out(w, 200, `{"ok":true,"result":{"message_id":1}}`)
	case m == "createForumTopic":
		out(w, 200, fmt.Sprintf(`{"ok":true,"result":{"message_thread_id":%d,"name":%s,"icon_color":7322096}}`, rand.Intn(1<<30), js(get("name"))))
	default:
		out(w, 200, `{"ok":true,"result":true}`)
	}
}

func hooks(n int) {
	tr := &http.Transport{MaxIdleConnsPerHost: n, MaxConnsPerHost: n}
	cl := &http.Client{Transport: tr, Timeout: 60 * time.Second}
	for i := 0; i < n; i++ {
		go func() {
			for u := range hookCh {
				for try := 0; ; try++ {
					rq, _ := http.NewRequest("POST", hookURL, bytes.NewReader(u.body))
					rq.Header.Set("Content-Type", "application/json")
					if hookSec != "" {
						rq.Header.Set("X-Telegram-Bot-Api-Secret-Token", hookSec)
					}
					rs, err := cl.Do(rq)
					if err == nil {
						b, _ := io.ReadAll(rs.Body)
						rs.Body.Close()
						if rs.StatusCode/100 == 2 {
							var mm map[string]json.RawMessage
							if len(b) > 10 && json.Unmarshal(b, &mm) == nil && mm["method"] != nil {
								req, _ := http.NewRequest("POST", "/x", bytes.NewReader(b))
								req.Header.Set("Content-Type", "application/json")
								g, r := params(req)
								count(g("method"))
								method(&delayed{ResponseWriter: nullW{}, code: 200}, g("method"), g, r)
							}
							break
						}
					}
					atomic.AddInt64(&hookErr, 1)
					if try > 20 {
						break
					}
					time.Sleep(time.Duration(100*(try+1)) * time.Millisecond)
				}
			}
		}()
	}
}

type nullW struct{}

func (nullW) Header() http.Header         { return http.Header{} }
func (nullW) Write(b []byte) (int, error) { return len(b), nil }
func (nullW) WriteHeader(int)             {}

func pct(s []int32, p float64) float64 {
	if len(s) == 0 {
		return 0
	}
	i := int(p * float64(len(s)))
	if i >= len(s) {
		i = len(s) - 1
	}
	return float64(s[i]) / 1000
}

func stats() []byte {
	lmu.Lock()
	s := append([]int32(nil), lats...)
	lmu.Unlock()
	sort.Slice(s, func(i, j int) bool { return s[i] < s[j] })
	el := time.Since(t0).Seconds()
	if !t1.IsZero() {
		el = t1.Sub(t0).Seconds()
	}
	if t0.IsZero() {
		el = 1
	}
	wait := 0
	for _, u := range users {
		u.mu.Lock()
		if u.waiting {
			wait++
		}
		u.mu.Unlock()
	}
	c := map[string]int64{}
	cmu.Lock()
	for k, v := range calls {
		c[k] = *v
	}
	cmu.Unlock()
	qmu.Lock()
	po, pd, rd, bl := polls, polled, redeliver, len(queue)
	qmu.Unlock()
	ab := 0.0
	if po > 0 {
		ab = float64(pd) / float64(po)
	}
	b, _ := json.Marshal(map[string]interface{}{
		"phase": atomic.LoadInt32(&phase), "updates_per_s": float64(atomic.LoadInt64(&done)) / el, "updates": atomic.LoadInt64(&done), "secs": el,
		"p50_ms": pct(s, .5), "p95_ms": pct(s, .95), "p99_ms": pct(s, .99), "max_ms": pct(s, 1),
		"convs": atomic.LoadInt64(&convs), "dup": atomic.LoadInt64(&dup), "unexpected": atomic.LoadInt64(&unexpected), "lost": atomic.LoadInt64(&lost), "waiting": wait,
		"no_button": atomic.LoadInt64(&noBtn), "open_missed": atomic.LoadInt64(&missed), "cbq_sent": atomic.LoadInt64(&cbqSent), "cbq_answered": atomic.LoadInt64(&cbqAns),
		"n429": atomic.LoadInt64(&n429), "n5xx": atomic.LoadInt64(&n5xx), "drop_before": atomic.LoadInt64(&nDropB), "drop_after": atomic.LoadInt64(&nDropA),
		"poll_batch": ab, "redelivered": rd, "queue": bl, "webhook_errors": atomic.LoadInt64(&hookErr), "calls": c, "requests": atomic.LoadInt64(&totalReq),
		"dup_edit": atomic.LoadInt64(&dupEdit), "dup_chat_max": atomic.LoadInt64(&dupChatMax), "dup_by_kill": dupEra[:atomic.LoadInt64(&kills)+1], "dup_unkilled": dupEra[0],
		"silence_ms": float64(atomic.LoadInt64(&silence)) / 1e6, "jitter_ms": float64(atomic.LoadInt64(&jitter)) / 1e6})
	return b
}

func main() {
	flag.Parse()
	runtime.GOMAXPROCS(*fProcs)
	rng = rand.New(rand.NewSource(*fSeed))
	b, err := os.ReadFile(*fScript)
	if err == nil {
		err = json.Unmarshal(b, &script)
	}
	if (err != nil || len(script) == 0) && *fMode != "none" {
		fmt.Fprintln(os.Stderr, "script:", err)
		os.Exit(2)
	}
	for i := 0; i < *fUsers; i++ {
		users = append(users, &User{id: base + int64(i)})
	}
	srv := &http.Server{Addr: fmt.Sprintf("127.0.0.1:%d", *fPort), Handler: http.HandlerFunc(api), IdleTimeout: 10 * time.Minute}
	go func() {
		if err := srv.ListenAndServe(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(3)
		}
	}()
	if *fMode == "none" {
		time.Sleep(*fIdle)
		return
	}
	select {
	case <-first:
	case <-time.After(*fIdle):
		fmt.Fprintln(os.Stderr, "no bot came")
		os.Exit(4)
	}
	time.Sleep(300 * time.Millisecond)
	atomic.StoreInt32(&phase, 1)
	if *fMode == "open" {
		for _, u := range users {
			idle.put(u)
		}
		go func() {
			start := time.Now()
			for n := 0; atomic.LoadInt32(&phase) < 3; n++ {
				at := start.Add(time.Duration(float64(n) / *fRate * 1e9))
				if d := time.Until(at); d > 0 {
					time.Sleep(d)
				}
				if u := idle.take(); u != nil {
					u.mu.Lock()
					u.send(at)
					u.mu.Unlock()
				} else if atomic.LoadInt32(&phase) == 2 {
					atomic.AddInt64(&missed, 1)
				}
			}
		}()
	} else {
		go func() { // ramp over one second
			gap := time.Second / time.Duration(len(users))
			s := time.Now()
			for i, u := range users {
				if d := time.Until(s.Add(gap * time.Duration(i))); d > 0 {
					time.Sleep(d)
				}
				u.mu.Lock()
				u.send(time.Now())
				u.mu.Unlock()
			}
		}()
	}
	go func() { // how late this machine wakes us: the noise under every figure
		for {
			at := time.Now()
			time.Sleep(time.Millisecond)
			if atomic.LoadInt32(&phase) == 2 && at.After(t0) {
				raise(&jitter, int64(time.Since(at)-time.Millisecond))
			}
		}
	}()
	go func() {
		for range time.Tick(time.Second) {
			for _, u := range users {
				u.mu.Lock()
				if u.waiting && time.Since(u.sentAt) > *fLost {
					atomic.AddInt64(&lost, 1)
					u.waiting = false
					u.step = 0
					if atomic.LoadInt32(&phase) < 3 && *fMode == "closed" {
						u.send(time.Now())
					} else if *fMode == "open" {
						idle.put(u)
					}
				}
				u.mu.Unlock()
			}
		}
	}()
	time.Sleep(*fWarm)
	t0 = time.Now()
	atomic.StoreInt32(&phase, 2)
	time.Sleep(*fSecs)
	atomic.StoreInt32(&phase, 3)
	t1 = time.Now()
	for end := time.Now().Add(*fDrain); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		w := 0
		for _, u := range users {
			u.mu.Lock()
			if u.waiting {
				w++
			}
			u.mu.Unlock()
		}
		if w == 0 {
			time.Sleep(300 * time.Millisecond) // late duplicates
			break
		}
	}
	atomic.StoreInt32(&phase, 4)
	s := stats()
	fmt.Println(string(s))
	if *fOut != "" {
		os.WriteFile(*fOut, s, 0644)
	}
	time.Sleep(300 * time.Millisecond)
}
